import Splitting
import Yams

extension SettingsDocument {
    /// How clients are kept at their upstreams; nil when nothing is said or it has faults.
    mutating func readSticky(_ field: Field?) -> StickySettings? {
        guard let field else { return nil }
        // A text here may be the secret: no fault repeats it.
        guard case .mapping = field.value else {
            faults.add("`sticky` is no mapping; expected a mapping of by, secret", at: field.value)
            return nil
        }
        guard let fields = fields(of: field.value, keys: .sticky) else { return nil }
        let keys = required("by", of: fields, owner: "`sticky`", at: field.key)
        let secret = required("secret", of: fields, owner: "`sticky`", at: field.key)
        let read = (keys: keys.flatMap { readKeys($0) }, secret: secret.flatMap { readSecret($0) })
        guard let keys = read.keys, let secret = read.secret else { return nil }
        return StickySettings(by: keys, secret: secret)
    }

    private mutating func readKeys(_ field: Field) -> [StickySettings.Key]? {
        let keys = list(field, expected: "header:NAME, cookie:NAME or client_ip", parse: Self.key)
        guard let keys else { return nil }
        guard keys.count <= Limits.stickyKeys else {
            faults.add(
                "`by` has \(keys.count) keys; expected 1 to \(Limits.stickyKeys)", at: field.value)
            return nil
        }
        for (index, key) in keys.enumerated() where keys[..<index].contains(key) {
            faults.add("`\(key)` is written more than once; expected it once", at: field.value)
            return nil
        }
        if let client = keys.firstIndex(of: .clientIP), client < keys.count - 1 {
            faults.add(
                "`\(keys[client + 1])` stands behind `client_ip`, which every request has; "
                    + "expected `client_ip` last",
                at: field.value)
            return nil
        }
        return keys
    }

    private static func key(_ text: String) -> StickySettings.Key? {
        if text == "client_ip" { return .clientIP }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "header" where RequestText.isFieldName(parts[1]):
            return .header(parts[1].lowercased())
        case "cookie" where RequestText.isToken(parts[1]): return .cookie(parts[1])
        default: return nil
        }
    }

    /// No fault tells what the secret is.
    private mutating func readSecret(_ field: Field) -> StickySecret? {
        let range = Limits.secretBytes
        let expected =
            "expected a text of \(range.lowerBound) to \(range.upperBound) bytes, best out of a "
            + "variable, as in `${STICKY_SECRET}`"
        guard case .scalar(let scalar) = field.value else {
            faults.add("`secret` is \(field.value.found); \(expected)", at: field.value)
            return nil
        }
        do throws(Expansion.Fault) {
            let text = try Expansion.expand(scalar.string, environment: environment)
            if range.contains(text.utf8.count) { return StickySecret(text) }
            faults.add("`secret` has \(text.utf8.count) bytes; \(expected)", at: field.value)
        } catch {
            let message = "`secret` has a `${` that begins no variable; \(expected)"
            faults.add(error.repeatsText ? message : error.message, at: field.value)
        }
        return nil
    }

    /// Requests that go to one of the members; in the order of the file.
    mutating func readPins(_ field: Field?, of members: [String]) -> [PinSettings] {
        var pins: [PinSettings] = []
        for node in entries(of: field, called: "pins", most: Limits.pinsOfSplit) {
            guard let fields = fields(of: node, keys: .pin) else { continue }
            let when = required("when", of: fields, owner: "a pin", at: node)
            let upstream = value(
                required("upstream", of: fields, owner: "a pin", at: node),
                expected: "a member of the split: \(listed(members))"
            ) { members.contains($0) ? $0 : nil }
            guard let when, let read = readWhen(when), let upstream else { continue }
            if read.asksForFreeWords, !read.asksForClient {
                faults.warn(
                    "every client can choose \(quoted(upstream)) by what it sends; expected "
                        + "`client` in `when` too",
                    at: when.key)
            }
            pins.append(PinSettings(when: read, upstream: upstream))
        }
        return pins
    }

    /// The entries of a list that has at least one.
    mutating func entries(of field: Field?, called what: String, most: Int) -> [Node] {
        guard let field else { return [] }
        guard case .sequence(let nodes) = field.value else {
            faults.add(
                "`\(field.name)` is \(field.value.found); expected a list of \(what)",
                at: field.value)
            return []
        }
        guard (1...most).contains(nodes.count) else {
            faults.add("there are \(nodes.count) \(what); expected 1 to \(most)", at: field.value)
            return []
        }
        return Array(nodes)
    }
}
