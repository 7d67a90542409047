/// A place in a file, counted from 1; the start stands for the file as a whole.
struct Position: Sendable, Hashable {
    var line: Int
    var column: Int

    static let start = Position(line: 1, column: 1)
}

/// Counts lines and columns as YAML does: LF, CR, CRLF, U+0085, U+2028 and U+2029 end a line,
/// a column is one Unicode scalar.
struct PositionCounter {
    /// The place of the scalar that comes next.
    private(set) var position = Position.start
    private var previous: Unicode.Scalar = " "

    /// Moves over one scalar; whether it began a new line.
    mutating func advance(over scalar: Unicode.Scalar) -> Bool {
        defer { previous = scalar }
        guard Self.isLineBreak(scalar) else {
            position.column += 1
            return false
        }
        if scalar == "\n", previous == "\r" { return false }
        position = Position(line: position.line + 1, column: 1)
        return true
    }

    static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xa, 0xd, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}
