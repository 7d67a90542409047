/// JSON as schemas need it, in the order in which it was said.
indirect enum SchemaValue: Equatable, Sendable, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral
{
    case text(String)
    case bool(Bool)
    /// A number as it is written.
    case number(String)
    case list([SchemaValue])
    case object([Member])

    struct Member: Equatable, Sendable {
        let name: String
        let value: SchemaValue
    }

    init(stringLiteral value: String) { self = .text(value) }

    init(booleanLiteral value: Bool) { self = .bool(value) }

    static func of(_ members: KeyValuePairs<String, SchemaValue>) -> SchemaValue {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    static func whole(_ number: Int) -> SchemaValue { .number("\(number)") }

    /// What a schema adds to another.
    func with(_ name: String, _ value: SchemaValue?) -> SchemaValue {
        guard let value, case .object(let members) = self else { return self }
        return .object(members + [Member(name: name, value: value)])
    }

    /// Indented by two spaces, short values on one line.
    func text(indent: Int = 0) -> String {
        let line = line
        guard line.count + indent > 80 else { return line }
        switch self {
        case .list(let values):
            return Self.block("[", values.map { $0.text(indent: indent + 2) }, "]", indent)
        case .object(let members):
            let lines = members.map {
                "\(Self.quoted($0.name)): \($0.value.text(indent: indent + 2))"
            }
            return Self.block("{", lines, "}", indent)
        case .text, .bool, .number: return line
        }
    }

    private static func block(
        _ open: String, _ lines: [String], _ close: String, _ indent: Int
    ) -> String {
        let space = String(repeating: " ", count: indent)
        return "\(open)\n" + lines.map { "\(space)  \($0)" }.joined(separator: ",\n")
            + "\n\(space)\(close)"
    }

    private var line: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .bool(let value): "\(value)"
        case .number(let text): text
        case .list(let values): "[\(values.map(\.line).joined(separator: ", "))]"
        case .object(let members):
            "{"
                + members.map { "\(Self.quoted($0.name)): \($0.value.line)" }
                .joined(separator: ", ") + "}"
        }
    }

    /// No text of ours has control characters.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
