import Yams

extension Node {
    /// Where the node begins.
    var position: Position {
        mark.map { Position(line: $0.line, column: $0.column) } ?? .start
    }

    /// What stands there, for an error's text.
    var found: String {
        switch self {
        case .scalar(let scalar):
            scalar.string.isEmpty && scalar.style == .plain ? "nothing" : quoted(scalar.string)
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}

/// A text of the configuration as errors repeat it: in backquotes, cut when it is long,
/// without control characters.
func quoted(_ text: String) -> String {
    let printable = text.map { $0.isNewline || $0 == "\t" ? " " : $0 }
    let cut = printable.count > Limits.quotedCharacters
    return "`" + String(printable.prefix(Limits.quotedCharacters)) + (cut ? "…`" : "`")
}

/// Names of the configuration as errors list them; of many the first.
func listed(_ names: [String]) -> String {
    let isCut = names.count > Limits.namesInErrors
    return names.prefix(Limits.namesInErrors).joined(separator: ", ") + (isCut ? ", …" : "")
}
