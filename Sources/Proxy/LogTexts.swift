internal import Bytes
internal import HTTP

/// Where the texts of one request lie in a block of their own, and how much of each was left out.
struct LogTexts {
    /// One text.
    struct Piece {
        var start: UInt16 = 0
        var end: UInt16 = 0
        /// How many bytes behind it were left out.
        var left: UInt16 = 0

        var range: ByteRange { ByteRange(Int(start), Int(end)) }
        var isEmpty: Bool { start == end }
    }

    var method = Piece()
    var path = Piece()
    var host = Piece()
    var id = Piece()
    var agent = Piece()
    var referer = Piece()

    /// Appends what is kept of a text to a block: at most so many bytes, and no part of a
    /// character.
    static func keep(
        _ bytes: Span<UInt8>, _ range: ByteRange, most: Int, in block: inout Buffer
    ) -> Piece {
        var end = range.end
        if range.count > most {
            end = range.start &+ most
            var back = 0
            while back < 3, LogText.isContinuation(bytes[end &- back]) { back &+= 1 }
            if !LogText.isContinuation(bytes[end &- back]) { end &-= back }
        }
        let start = block.count
        block.append(bytes, from: range.start, to: end)
        return Piece(
            start: UInt16(truncatingIfNeeded: start),
            end: UInt16(truncatingIfNeeded: block.count),
            left: UInt16(truncatingIfNeeded: range.end &- end))
    }
}
