/// What a chunk decoder found next. Offsets count from the start of the bytes that were given.
package enum ChunkEvent: Equatable, Sendable {
    /// Everything before this offset is consumed; more bytes are needed. Bytes from it on must be
    /// given again, at most `ChunkDecoder.mostHeldBytes`.
    case needMore(Int)
    /// Bytes of the body; go on at the range's end.
    case data(ByteRange)
    /// A trailer line that is passed on, its line end included; go on at the range's end.
    case trailer(ByteRange)
    /// The message ends before this offset.
    case end(Int)
    case refused(ChunkFault)
}

/// Takes chunks apart (RFC 9112, 7.1), wherever the bytes are cut. Extensions are dropped, and
/// so are trailers that must not be merged into a head, or all of them.
package struct ChunkDecoder: Sendable {
    private enum State {
        case size, moreSize, chunkExtension, sizeLineFeed
        case data, dataReturn, dataLineFeed
        case trailers
    }

    private let keepsTrailers: Bool
    private var state = State.size
    private var digits: UInt8 = 0
    private var extensionBytes: UInt16 = 0
    private var trailerBytes: UInt16 = 0
    /// The size read so far, then what is left of the chunk.
    private var remaining: UInt64 = 0
    /// How many bytes of data may still be announced.
    private var allowance: UInt64

    /// All trailers of a message, in bytes: a trailer line must fit into any buffer.
    package static var mostHeldBytes: Int { 8192 }
    /// All extensions of a message, in bytes, beyond those that its data makes up for.
    private static var mostExtensionBytes: UInt16 { 16_384 }

    /// For a body of at most so many bytes: a chunk that would make it larger is refused when its
    /// size is known, before any of its data. Trailers may be unwanted.
    package init(keepsTrailers: Bool = true, mostBytes: UInt64 = .max) {
        self.keepsTrailers = keepsTrailers
        allowance = mostBytes
    }

    /// Looks at `bytes` from an offset on for the next event.
    package mutating func next(_ bytes: Span<UInt8>, from start: Int) -> ChunkEvent {
        var at = start
        while at < bytes.count {
            switch state {
            case .data:
                return takeData(bytes, at)
            case .trailers:
                if let event = takeTrailer(bytes, &at) { return event }
            case .size, .moreSize, .chunkExtension, .sizeLineFeed, .dataReturn, .dataLineFeed:
                if let fault = step(bytes[at]) { return .refused(fault) }
                at &+= 1
            }
        }
        return .needMore(at)
    }

    private mutating func takeData(_ bytes: Span<UInt8>, _ at: Int) -> ChunkEvent {
        let count = Int(min(remaining, UInt64(bytes.count &- at)))
        remaining &-= UInt64(count)
        if remaining == 0 { state = .dataReturn }
        // A byte of data makes up for one of extensions, so that a long body of ordinary chunks
        // with short extensions is not cut off.
        extensionBytes &-= UInt16(truncatingIfNeeded: min(Int(extensionBytes), count))
        return .data(ByteRange(at, at &+ count))
    }

    /// One byte of what surrounds the data.
    private mutating func step(_ byte: UInt8) -> ChunkFault? {
        switch state {
        case .size, .moreSize:
            return stepSize(byte)
        case .chunkExtension:
            if byte == ByteClass.carriageReturn {
                state = .sizeLineFeed
            } else if ByteClass.isFieldValue(byte) {
                extensionBytes &+= 1
                if extensionBytes > Self.mostExtensionBytes { return .extensionsTooLarge }
            } else {
                return byte == ByteClass.lineFeed ? .badLineEnd : .badExtension
            }
        case .sizeLineFeed:
            guard byte == ByteClass.lineFeed else { return .badLineEnd }
            guard remaining <= allowance else { return .bodyTooLarge }
            allowance &-= remaining
            state = remaining == 0 ? .trailers : .data
        case .dataReturn:
            guard byte == ByteClass.carriageReturn else { return .badLineEnd }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == ByteClass.lineFeed else { return .badLineEnd }
            state = .size
        case .data, .trailers:
            break
        }
        return nil
    }

    private mutating func stepSize(_ byte: UInt8) -> ChunkFault? {
        if let digit = ByteClass.hexadecimal(byte) {
            if state == .size {
                remaining = 0
                digits = 0
            }
            state = .moreSize
            digits &+= 1
            remaining = remaining &<< 4 | UInt64(digit)
            return digits <= 16 && remaining <= UInt64(Int64.max) ? nil : .badSize
        }
        guard state == .moreSize else { return .badSize }
        switch byte {
        case ByteClass.carriageReturn: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .chunkExtension
        case ByteClass.lineFeed: return .badLineEnd
        default: return .badSize
        }
        return nil
    }
}

extension ChunkDecoder {
    /// One whole line of the trailer section; nil after one that is dropped.
    private mutating func takeTrailer(_ bytes: Span<UInt8>, _ at: inout Int) -> ChunkEvent? {
        if bytes[at] == ByteClass.carriageReturn {
            guard at &+ 1 < bytes.count else { return .needMore(at) }
            guard bytes[at &+ 1] == ByteClass.lineFeed else { return .refused(.badLineEnd) }
            self = ChunkDecoder(keepsTrailers: keepsTrailers)
            return .end(at &+ 2)
        }
        let room = Self.mostHeldBytes &- Int(trailerBytes)
        let held = bytes.extracting(first: at &+ room)
        switch FieldLineBounds.parse(held, from: at, Grammar.shared) {
        case .incomplete:
            return held.count &- at < room ? .needMore(at) : .refused(.trailersTooLarge)
        case .refused(let fault):
            return .refused(.field(fault))
        case .line(let line):
            let start = at
            at = line.next
            trailerBytes &+= UInt16(truncatingIfNeeded: line.next &- start)
            let isKept = keepsTrailers && !TrailerName.isForbidden(bytes, line.name)
            return isKept ? .trailer(ByteRange(start, line.next)) : nil
        }
    }
}
