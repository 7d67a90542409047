import Yams

extension SettingsDocument {
    /// The guard of a listener that sends its requests through `own`; nil when there is none or it
    /// has a fault.
    mutating func readGuard(_ field: Field?, of own: String?) -> GuardSettings? {
        guard let field, let fields = fields(of: field.value, keys: .listenerGuard) else {
            return nil
        }
        let owner = "`guard`"
        let kind = value(
            required("kind", of: fields, owner: owner, at: field.key), expected: "`kong_admin`",
            parse: { GuardKind(rawValue: $0) })
        let split = guardedSplit(
            required("split", of: fields, owner: owner, at: field.key), own: own)
        let upstream = value(
            required("upstream", of: fields, owner: owner, at: field.key),
            expected: "a member of the split"
        ) { $0.isEmpty ? nil : $0 }
        checkOwnSplit(own, at: field.key)
        let allow = readAllowed(fields["allow"])
        guard let kind, let split, let upstream else { return nil }
        guard let settings = splits?.first(where: { $0.name == split }) else {
            // The split has a fault of its own.
            return nil
        }
        guard settings.members.contains(upstream) else {
            faults.add(
                "\(quoted(upstream)) is no member of the split \(quoted(split)); "
                    + NearestWord.advice(upstream, among: settings.members),
                at: fields["upstream"]?.value ?? field.key)
            return nil
        }
        return GuardSettings(
            kind: kind, split: split, upstream: upstream, isStable: settings.stable == upstream,
            allow: allow)
    }

    private mutating func guardedSplit(_ field: Field?, own: String?) -> String? {
        guard let node = field?.value,
            let name = text(of: node, expected: "the name of a split")
        else { return nil }
        if let splitNames, !splitNames.contains(name) {
            faults.add(
                "there is no split \(quoted(name)); \(NearestWord.advice(name, among: splitNames))",
                at: node)
            return nil
        }
        if name == own {
            faults.add(
                "\(quoted(name)) is the split that the listener's own requests go through; "
                    + "expected the split whose freeze the guard obeys",
                at: node)
        }
        return name
    }

    /// Behind a guard is one Admin API: a choice would lead writes to the other one.
    private mutating func checkOwnSplit(_ name: String?, at node: Node) {
        guard let own = splits?.first(where: { $0.name == name }), own.members.count > 1 else {
            return
        }
        faults.add(
            "the listener's split \(quoted(own.name)) has \(own.members.count) members; a guard "
                + "stands before one Admin API: expected a split of one",
            at: node)
    }

    private mutating func readAllowed(_ field: Field?) -> [String] {
        guard let field else { return [] }
        guard case .sequence(let nodes) = field.value else {
            faults.add(
                "`allow` is \(field.value.found); expected a list, such as [POST /cache]",
                at: field.value)
            return []
        }
        if nodes.count > Limits.allowedRequests {
            faults.add(
                "`allow` has \(nodes.count) entries; expected at most \(Limits.allowedRequests)",
                at: field.value)
        }
        return nodes.compactMap { node in
            value(
                of: node, called: "allow",
                expected: "a method and a path of letters, digits, `-`, `_`, `~` and `.` between "
                    + "single slashes, such as POST /cache",
                parse: Self.allowed)
        }
    }

    /// A method and a path that means one thing to everybody.
    private static func allowed(_ text: String) -> String? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, text.utf8.count <= 1_024, !words[0].isEmpty,
            words[0].utf8.allSatisfy({ (0x41...0x5a).contains($0) }),
            words[0] != "CONNECT", words[0] != "TRACE", words[1].hasPrefix("/")
        else { return nil }
        let segments = words[1].dropFirst().split(
            separator: "/", omittingEmptySubsequences: false)
        let isPlain = segments.enumerated().allSatisfy { index, segment in
            let isLast = index == segments.count - 1
            guard !segment.isEmpty || isLast, segment != ".", !segment.contains("..") else {
                return false
            }
            return segment.utf8.allSatisfy { byte in
                Character(Unicode.Scalar(byte)).isLetter && byte < 128
                    || (0x30...0x39).contains(byte) || [0x2d, 0x2e, 0x5f, 0x7e].contains(byte)
            }
        }
        return isPlain ? text : nil
    }
}
