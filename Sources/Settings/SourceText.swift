/// The text of a file, and the way from a position to a place in it.
struct SourceText: Sendable, Equatable {
    /// What is wrong with bytes that are no text.
    struct Fault: Error, Equatable {
        let position: Position
        let message: String
    }

    /// Everything after the byte order mark.
    let text: String
    let hasByteOrderMark: Bool
    /// Where in `text.utf8` each line begins.
    private let lineStarts: [Int]

    init(_ bytes: [UInt8]) throws(Fault) {
        guard bytes.count <= Limits.fileBytes else {
            throw Fault(
                position: .start, message: "the file is too large; expected at most 1 MiB")
        }
        hasByteOrderMark = bytes.starts(with: Self.byteOrderMark)
        let content = hasByteOrderMark ? Array(bytes.dropFirst(3)) : bytes
        text = String(decoding: content, as: UTF8.self)
        lineStarts = try Self.lineStarts(of: text, decodedFrom: content)
    }

    /// The offset in `text.utf8` of a position; nil when the text has no such place.
    func offset(of position: Position) -> Int? {
        guard lineStarts.indices.contains(position.line - 1), position.column >= 1 else {
            return nil
        }
        let start = text.utf8.index(text.startIndex, offsetBy: lineStarts[position.line - 1])
        let index = text.unicodeScalars.index(
            start, offsetBy: position.column - 1, limitedBy: text.endIndex)
        return index.map { text.utf8.distance(from: text.startIndex, to: $0) }
    }

    /// Whether a line, counted from 1, has these bytes in it.
    func line(_ number: Int, contains text: String) -> Bool {
        guard lineStarts.indices.contains(number - 1) else { return false }
        let end = number < lineStarts.count ? lineStarts[number] : self.text.utf8.count
        let line = self.text.utf8.dropFirst(lineStarts[number - 1]).prefix(
            end - lineStarts[number - 1])
        return line.firstRange(of: text.utf8) != nil
    }

    static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
    private static let replacementCharacter: [UInt8] = [0xef, 0xbf, 0xbd]

    private static func lineStarts(
        of text: String,
        decodedFrom bytes: [UInt8]
    ) throws(Fault) -> [Int] {
        var starts = [0]
        var counter = PositionCounter()
        var offset = 0
        for scalar in text.unicodeScalars {
            if scalar == "\u{fffd}", !bytes[offset...].starts(with: replacementCharacter) {
                throw Fault(
                    position: counter.position, message: "a byte is not UTF-8; expected UTF-8")
            }
            guard isAllowed(scalar) else {
                throw Fault(
                    position: counter.position,
                    message: "the character \(code(of: scalar)) is not allowed; expected text")
            }
            offset += UTF8.width(scalar)
            if counter.advance(over: scalar) {
                starts.append(offset)
            } else if scalar == "\n" {
                starts[starts.count - 1] = offset
            }
        }
        return starts
    }

    /// What YAML 1.1 section 5.1 calls printable; a byte order mark only at the start.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xa, 0xd, 0x20...0x7e, 0x85, 0xa0...0xfefe, 0xff00...0xfffd, 0x10000...:
            true
        default:
            false
        }
    }

    private static func code(of scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
