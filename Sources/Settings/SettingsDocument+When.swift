import Addressing
import Yams

extension SettingsDocument {
    /// What a request has to be like; nil when it has faults.
    mutating func readWhen(_ field: Field) -> WhenSettings? {
        let faultCount = faults.errors.count
        guard let fields = fields(of: field.value, keys: .when) else { return nil }
        let conditions = readConditions(fields)
        let exceptions = readExceptions(fields["not"])
        let count = conditions.count + exceptions.count
        if faults.errors.count == faultCount, !(1...Limits.conditionsOfWhen).contains(count) {
            faults.add(
                "`\(field.name)` has \(count) conditions; expected 1 to "
                    + "\(Limits.conditionsOfWhen)",
                at: field.key)
        }
        guard faults.errors.count == faultCount else { return nil }
        return WhenSettings(conditions, exceptions: exceptions)
    }

    private mutating func readExceptions(_ field: Field?) -> [WhenSettings.Condition] {
        guard let field, let fields = fields(of: field.value, keys: .when) else { return [] }
        if let inner = fields["not"] {
            faults.add("`not` stands within `not`; expected it once", at: inner.key)
        }
        let exceptions = readConditions(fields)
        if exceptions.isEmpty, fields.isEmpty {
            faults.add("`not` is empty; expected at least one condition", at: field.key)
        }
        return exceptions
    }

    private mutating func readConditions(
        _ fields: [String: Field]
    ) -> [WhenSettings.Condition] {
        var conditions: [WhenSettings.Condition] = []
        for (name, values) in readNamed(fields["header"], isName: RequestText.isFieldName) {
            conditions.append(.header(name.lowercased(), values))
        }
        for (name, values) in readNamed(fields["cookie"], isName: RequestText.isToken) {
            conditions.append(.cookie(name, values))
        }
        for (name, values) in readNamed(fields["query"], isName: RequestText.isPlain) {
            conditions.append(.query(name, values))
        }
        let ranges = list(fields["client"], expected: "an address range such as 10.0.0.0/8") {
            CIDR($0)
        }
        if let ranges { conditions.append(.client(ranges)) }
        let methods = list(fields["method"], expected: "a method such as GET") {
            RequestText.isMethod($0) ? $0 : nil
        }
        if let methods { conditions.append(.method(methods)) }
        let prefixes = list(
            fields["path_prefix"], expected: "the begin of a path, such as /v1, without a query"
        ) { RequestText.isPath($0) ? $0 : nil }
        if let prefixes { conditions.append(.pathPrefix(prefixes)) }
        let hosts = list(
            fields["host"], expected: "a host without a port, such as a.example or *.example",
            parse: RequestText.host)
        if let hosts { conditions.append(.host(hosts)) }
        let names = list(
            fields["server_name"], expected: "a name such as a.example or *.example",
            parse: RequestText.serverName)
        if let names { conditions.append(.serverName(names)) }
        return conditions
    }

    /// Names and what they may be: `{name: value}`, a list for any of them, `true` for any value.
    private mutating func readNamed(
        _ field: Field?, isName: (String) -> Bool
    ) -> [(name: String, values: [String])] {
        guard let field else { return [] }
        let entries = faults.entries(
            of: field.value, owner: "`\(field.name)`", expected: "names and values, such as {a: b}")
        guard let entries else { return [] }
        if entries.isEmpty {
            faults.add("`\(field.name)` is empty; expected a name and a value", at: field.key)
        }
        var read: [(name: String, values: [String])] = []
        for entry in entries {
            guard isName(entry.name) else {
                faults.add(
                    "\(quoted(entry.name)) is not a name for `\(field.name)`"
                        + RequestText.advice(entry.name),
                    at: entry.key)
                continue
            }
            if let values = readValues(entry) { read.append((entry.name, values)) }
        }
        return read
    }

    /// Texts of which any will do; none for `true`.
    private mutating func readValues(_ field: Field) -> [String]? {
        let expected = "a text, a list of texts, or true for any value"
        if case .scalar(let scalar) = field.value, scalar.style == .plain {
            if scalar.string == "true" { return [] }
            if scalar.string == "false" {
                faults.add(
                    "`\(field.name)` is `false`; expected \(expected); `not` turns it round",
                    at: field.value)
                return nil
            }
        }
        return list(field, expected: expected) { RequestText.isPlain($0) ? $0 : nil }
    }

    /// One value, or a list of them.
    mutating func list<Value>(
        _ field: Field?, expected: String, parse: (String) -> Value?
    ) -> [Value]? {
        guard let field else { return nil }
        guard case .sequence(let nodes) = field.value else {
            return value(field, expected: expected, parse: parse).map { [$0] }
        }
        guard (1...Limits.valuesOfCondition).contains(nodes.count) else {
            faults.add(
                "`\(field.name)` has \(nodes.count) values; expected 1 to "
                    + "\(Limits.valuesOfCondition)",
                at: field.value)
            return nil
        }
        var values: [Value] = []
        for node in nodes {
            let read = value(of: node, called: field.name, expected: expected, parse: parse)
            if let read { values.append(read) }
        }
        return values.count == nodes.count ? values : nil
    }
}

/// What may stand in a request, as far as conditions ask for it.
enum RequestText {
    /// A `token` (RFC 9110 section 5.6.2).
    static func isToken(_ text: String) -> Bool {
        isSized(text)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// A field's name; two fields have conditions of their own.
    static func isFieldName(_ text: String) -> Bool {
        isToken(text) && !["host", "cookie"].contains(text.lowercased())
    }

    static func advice(_ name: String) -> String {
        ["host", "cookie"].contains(name.lowercased())
            ? "; expected it as the condition `\(name.lowercased())`" : ""
    }

    /// A text without control characters, and without blanks at its ends, which no value has.
    static func isPlain(_ text: String) -> Bool {
        isSized(text) && text.first != " " && text.last != " "
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    /// Methods are told apart by the case of their letters, and those there are have capitals.
    static func isMethod(_ text: String) -> Bool {
        isToken(text) && text == text.uppercased()
    }

    static func isPath(_ text: String) -> Bool {
        isSized(text) && text.first == "/"
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"?#".utf8.contains($0) }
    }

    /// A host in lower case; with `*.` before it any host below it.
    static func host(_ text: String) -> String? {
        let text = text.lowercased()
        guard isSized(text) else { return nil }
        if text.hasPrefix("["), text.hasSuffix("]") {
            return IPAddress(text.dropFirst().dropLast()).map { _ in text }
        }
        let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            !label.isEmpty && isToken(String(label)) && label.allSatisfy(isInHost)
        }
        return isName ? text : nil
    }

    /// The name that a TLS client asks for is never an address.
    static func serverName(_ text: String) -> String? {
        host(text).flatMap { $0.hasPrefix("[") || IPAddress($0) != nil ? nil : $0 }
    }

    private static func isInHost(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "-" || character == "_"
    }

    private static func isSized(_ text: String) -> Bool {
        (1...Limits.matchedTextBytes).contains(text.utf8.count)
    }
}
