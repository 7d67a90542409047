/// Why bytes are not the state that was written.
package enum StateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The first line is another than one with this title.
    case notAState(title: String)
    /// A version that this program does not know.
    case unsupportedVersion(String, known: Int)
    /// The closing checksum is missing.
    case truncated
    /// The checksum is that of another text.
    case damaged
    /// A line, counted from 1, is not what is written there.
    case malformed(line: Int, expected: String)

    /// What is wrong and what was expected, in one line.
    package var description: String {
        switch self {
        case .notAState(let title):
            "not what is kept there; expected `\(title)` in the first line"
        case .unsupportedVersion(let version, let known):
            "version \(quoted(version)) is not supported; expected \(known)"
        case .truncated: "truncated; expected a checksum in the last line"
        case .damaged: "damaged; expected the text that the checksum was made of"
        case .malformed(let line, let expected): "line \(line) is malformed; expected \(expected)"
        }
    }
}
