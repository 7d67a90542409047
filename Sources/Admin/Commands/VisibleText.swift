/// Text from outside, made fit to be read in a terminal: reasons, names, and what targets say may
/// hold what moves the cursor, changes the terminal or turns the order of the letters around.
package enum VisibleText {
    /// One line: control and format characters and line ends are written out, such as `\x1b`, `\n`
    /// and `\u{202e}`. What is written out already stays as it is.
    package static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isHidden(scalar) {
                shown += written(scalar)
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// Several lines: their ends stay, such as those between the faults of a file.
    package static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line(String($0)) }.joined(separator: "\n")
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        // Most text is plain ASCII.
        if (0x20..<0x7f).contains(scalar.value) { return false }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private static func written(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default:
            let digits = String(scalar.value, radix: 16)
            guard scalar.value < 0x100 else { return "\\u{\(digits)}" }
            return "\\x" + (digits.count < 2 ? "0" : "") + digits
        }
    }
}

extension JSONValue {
    /// The same for people to read: every text in it is one line that a terminal takes as text.
    package var visible: JSONValue {
        switch self {
        case .null, .bool, .number: self
        case .string(let text): .string(VisibleText.line(text))
        case .array(let elements): .array(elements.map(\.visible))
        case .object(let members):
            .object(
                members.map {
                    Member(name: VisibleText.line($0.name), value: $0.value.visible)
                })
        }
    }
}
