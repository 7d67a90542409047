/// The first nine bytes of a frame (RFC 9113 section 4.1).
struct HTTP2FrameHeader: Equatable {
    var length: Int
    var kind: UInt8
    var flags: UInt8
    var stream: Int32

    static let headers: UInt8 = 1
    static let reset: UInt8 = 3
    static let continuation: UInt8 = 9
    /// We let no peer send longer ones.
    static let mostBytes = 16 * 1024

    /// Whether a block of fields begins or goes on with it.
    var isOfBlock: Bool { kind == Self.headers || kind == 5 || kind == Self.continuation }
    /// Whether a block of fields ends with it.
    var endsBlock: Bool { flags & 4 != 0 }
}

/// Cuts what comes into pieces with one frame each at most, so that what a piece can bring is
/// bounded whatever the peer sends (RFC 9113 section 4.1).
///
/// The header of a frame is held until it is whole: nghttp2 counts the pieces of a header as if
/// they were frames.
struct HTTP2FrameCutter: Equatable {
    /// So many bytes, the first of which may belong to a header.
    struct Piece: Equatable {
        var count: Int
        /// How many of them end a header of which the first bytes came before.
        var heldCount = 0
        /// The frame whose header ends in it.
        var started: HTTP2FrameHeader?
        /// Whether it is nothing but a part of a header, not the last one.
        var isHeld = false
    }

    /// Bytes of the client's preface that are to come (section 3.4).
    private var prefaceLeft: Int
    /// The last header, or what is here of the next.
    private(set) var header: UInt128 = 0
    private var headerCount = 0
    private var payloadLeft = 0
    private var frame = HTTP2FrameHeader(length: 0, kind: 0, flags: 0, stream: 0)
    /// Whether a block of fields began and has not ended.
    private(set) var isInBlock = false

    init(hasPreface: Bool) { prefaceLeft = hasPreface ? 24 : 0 }

    /// Cuts off the next piece of the bytes from `start` on.
    mutating func next(_ bytes: Span<UInt8>, from start: Int) -> Piece {
        var piece = Piece(count: 0)
        var at = start
        if prefaceLeft > 0 {
            piece.count = min(prefaceLeft, bytes.count &- at)
            prefaceLeft &-= piece.count
            return piece
        }
        if payloadLeft == 0 {
            let isSplit = headerCount > 0
            if !isSplit { header = 0 }
            if !isSplit, bytes.count &- at >= 9 {
                header = Self.header(bytes.extracting(at..<at &+ 9))
                (headerCount, at) = (9, at &+ 9)
            }
            while headerCount < 9, at < bytes.count {
                header = header &<< 8 | UInt128(bytes[at])
                headerCount &+= 1
                at &+= 1
            }
            guard headerCount == 9 else {
                return Piece(count: at &- start, isHeld: true)
            }
            begin()
            piece.started = frame
            if isSplit { piece.heldCount = at &- start }
        }
        let count = min(payloadLeft, bytes.count &- at)
        payloadLeft &-= count
        if payloadLeft == 0, frame.isOfBlock { isInBlock = !frame.endsBlock }
        piece.count = at &- start &+ count
        return piece
    }

    /// A header that is whole, with one check of the bounds, since the last byte is read first.
    private static func header(_ nine: Span<UInt8>) -> UInt128 {
        let last = UInt128(nine[8])
        var word: UInt64 = 0
        for index in 0..<8 { word = word | UInt64(nine[7 &- index]) &<< (8 &* UInt64(index)) }
        return UInt128(word) &<< 8 | last
    }

    private mutating func begin() {
        frame = HTTP2FrameHeader(
            length: Int(truncatingIfNeeded: header &>> 48) & 0xff_ffff,
            kind: UInt8(truncatingIfNeeded: header &>> 40),
            flags: UInt8(truncatingIfNeeded: header &>> 32),
            stream: Int32(truncatingIfNeeded: header & 0x7fff_ffff))
        payloadLeft = frame.length
        isInBlock = frame.isOfBlock
        headerCount = 0
    }
}
