/// The form of what state_dir keeps: a title with a version, one fact per line, and in the last
/// line a checksum of all before it.
struct StateForm {
    /// The words of the first line, and the version behind them; a reader refuses any other.
    let title: String
    let version: Int

    /// The text of facts, sealed.
    func sealed(_ facts: [String]) -> String {
        let body = (["\(title) \(version)"] + facts).joined(separator: "\n") + "\n"
        return body + "checksum \(TextHash(body.utf8))\n"
    }

    /// The facts of a sealed text.
    func opened(_ text: String) throws(StateError) -> StateLines {
        guard text.hasPrefix("\(title) ") else { throw .notAState(title: title) }
        var lines = StateLines(text: try Self.checkedBody(of: text))
        let found = try lines.value(of: title)
        guard found == "\(version)" else { throw .unsupportedVersion(found, known: version) }
        return lines
    }

    /// Everything before the checksum, which is compared.
    private static func checkedBody(of text: String) throws(StateError) -> Substring {
        let word = "\nchecksum "
        guard text.hasSuffix("\n"), let last = text.dropLast().lastIndex(of: "\n"),
            text[last...].hasPrefix(word)
        else { throw .truncated }
        let body = text[...last]
        let written = TextHash(hexadecimal: text[last...].dropFirst(word.count).dropLast())
        guard written == TextHash(body.utf8) else { throw .damaged }
        return body.dropLast()
    }
}
