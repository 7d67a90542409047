/// Writes JSON for people and programs: two spaces of indentation, short objects on one line.
package enum JSONWriter {
    private static let longestLine = 80

    /// The value as text, with a line end behind it.
    package static func text(_ value: JSONValue) -> String { written(value, indent: 0) + "\n" }

    /// The value on one line, without a line end.
    package static func line(_ value: JSONValue) -> String { compact(value) }

    private static func written(_ value: JSONValue, indent: Int) -> String {
        let compact = compact(value)
        guard compact.count + indent > longestLine else { return compact }
        switch value {
        case .array(let elements) where !elements.isEmpty:
            return block("[", elements.map { written($0, indent: indent + 2) }, "]", indent)
        case .object(let members) where !members.isEmpty:
            let lines = members.map { member in
                "\(quoted(member.name)): \(written(member.value, indent: indent + 2))"
            }
            return block("{", lines, "}", indent)
        default:
            return compact
        }
    }

    private static func block(
        _ open: String, _ lines: [String], _ close: String, _ indent: Int
    ) -> String {
        let space = String(repeating: " ", count: indent)
        let body = lines.map { "\(space)  \($0)" }.joined(separator: ",\n")
        return "\(open)\n\(body)\n\(space)\(close)"
    }

    private static func compact(_ value: JSONValue) -> String {
        switch value {
        case .null: return "null"
        case .bool(let value): return "\(value)"
        case .number(let text): return text
        case .string(let text): return quoted(text)
        case .array(let elements):
            return "[\(elements.map(compact).joined(separator: ", "))]"
        case .object(let members):
            let pairs = members.map { "\(quoted($0.name)): \(compact($0.value))" }
            return "{\(pairs.joined(separator: ", "))}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7f}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
