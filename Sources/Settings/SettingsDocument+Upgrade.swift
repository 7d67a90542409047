import Yams

extension SettingsDocument {
    /// What the upgrades of a split are made of; what is not said has its preset.
    mutating func readUpgrade(_ field: Field?) -> UpgradeSettings {
        var upgrade = UpgradeSettings()
        guard let field, let fields = fields(of: field.value, keys: .upgrade) else {
            return upgrade
        }
        replace(&upgrade.watchMilliseconds, with: duration(fields["watch"]))
        let nodes = list(
            fields["smoke"], of: 0...Limits.smokeRequests,
            expected: "a list of requests, such as [{path: /}]")
        upgrade.smoke = nodes.compactMap { readSmoke($0) }
        return upgrade
    }

    mutating func readSmoke(_ node: Node) -> SmokeRequest? {
        guard let fields = fields(of: node, keys: .smokeRequest),
            let path = requestPath(
                required("path", of: fields, owner: "a smoke request", at: node))
        else { return nil }
        var request = SmokeRequest(path: path)
        replace(&request.method, with: requestMethod(fields["method"]))
        request.headers = readHeaders(fields["headers"])
        request.compare = readComparison(fields["compare"])
        if request.method == "HEAD", request.compare.json,
            let node = fields["compare"]?.value
        {
            faults.add(
                "`json` compares bodies, and an answer to HEAD has none; expected `method: GET`",
                at: node)
        }
        return request
    }

    private mutating func readHeaders(_ field: Field?) -> [SmokeRequest.Header] {
        guard let field else { return [] }
        let entries = faults.entries(
            of: field.value, owner: "`headers`",
            expected: "a mapping of names to values, such as {apikey: ${KEY}}")
        guard let entries else { return [] }
        guard entries.count <= Limits.smokeHeaders else {
            faults.add(
                "`headers` has \(entries.count) entries; expected at most \(Limits.smokeHeaders)",
                at: field.value)
            return []
        }
        return entries.compactMap { entry in
            let name = entry.name.lowercased()
            guard Self.isFieldName(name), !Self.framingFields.contains(name) else {
                faults.add(
                    "\(quoted(entry.name)) cannot be set; expected the name of a field, and none "
                        + "of \(listed(Self.framingFields))",
                    at: entry.key)
                return nil
            }
            let value = value(
                of: entry.value, called: entry.name,
                expected: "visible ASCII, spaces inside, at most \(Limits.headerValueBytes) bytes"
            ) { text -> String? in
                let isFine =
                    text.utf8.count <= Limits.headerValueBytes
                    && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
                    && !text.hasPrefix(" ") && !text.hasSuffix(" ")
                return isFine ? text : nil
            }
            return value.map { SmokeRequest.Header(name: name, value: $0) }
        }
    }

    private mutating func readComparison(_ field: Field?) -> SmokeRequest.Comparison {
        var comparison = SmokeRequest.Comparison()
        guard let field, let fields = fields(of: field.value, keys: .smokeComparison) else {
            return comparison
        }
        replace(&comparison.status, with: truth(fields["status"]))
        replace(&comparison.json, with: truth(fields["json"]))
        comparison.fields = list(
            fields["fields"], of: 0...Limits.smokeFields,
            expected: "a list of names, such as [content-type]"
        ).compactMap { node in
            value(of: node, called: "fields", expected: "the name of a field") { text in
                Self.isFieldName(text) ? text.lowercased() : nil
            }
        }
        comparison.ignoredPaths = list(
            fields["ignore"], of: 0...Limits.smokeIgnoredPaths,
            expected: "a list of places in the JSON, such as [now, items.*.id]"
        ).compactMap { node in
            value(of: node, called: "ignore", expected: "NAME.NAME, such as items.*.id") { text in
                let names = text.split(separator: ".", omittingEmptySubsequences: false)
                let isFine = text.utf8.count <= Limits.conditionBytes && !names.contains("")
                return isFine ? names.map(String.init) : nil
            }
        }
        if !comparison.ignoredPaths.isEmpty, !comparison.json, let node = fields["ignore"]?.key {
            faults.add("`ignore` is for JSON; expected `json: true` with it", at: node)
        }
        return comparison
    }

    private mutating func truth(_ field: Field?) -> Bool? {
        value(field, expected: "true or false") { ["true": true, "false": false][$0] }
    }

    /// The nodes of a list; none when there is no list or it has a fault.
    mutating func list(
        _ field: Field?, of counts: ClosedRange<Int>, expected: String
    ) -> [Node] {
        guard let field else { return [] }
        guard case .sequence(let nodes) = field.value else {
            faults.add(
                "`\(field.name)` is \(field.value.found); expected \(expected)", at: field.value)
            return []
        }
        guard counts.contains(nodes.count) else {
            faults.add(
                "`\(field.name)` has \(nodes.count) entries; expected at most "
                    + "\(counts.upperBound)",
                at: field.value)
            return []
        }
        return Array(nodes)
    }

    private static let framingFields = [
        "connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// A token (RFC 9110 section 5.6.2).
    private static func isFieldName(_ text: String) -> Bool {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        return (1...Limits.nameBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: marks.contains(byte)
                }
            }
    }
}
