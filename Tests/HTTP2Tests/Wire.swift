/// Frames as they stand on the wire, made and read without the code under test (RFC 9113
/// section 4, RFC 7541).
enum Wire {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    enum Kind: UInt8 {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate
        case continuation
    }

    struct Flag {
        static let endStream: UInt8 = 1
        static let ack: UInt8 = 1
        static let endHeaders: UInt8 = 4
        static let padded: UInt8 = 8
        static let priority: UInt8 = 32
    }

    struct Frame: Equatable {
        let kind: UInt8
        let flags: UInt8
        let stream: Int32
        let payload: [UInt8]

        /// The last four bytes of the payload, or the first of a reset: a code.
        var code: UInt32 {
            let bytes = kind == Kind.goAway.rawValue ? payload.dropFirst(4) : payload[...]
            return bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    static func frame(
        _ kind: Kind, _ flags: UInt8 = 0, stream: Int32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        frame(kind.rawValue, flags, stream: stream, payload)
    }

    static func frame(
        _ kind: UInt8, _ flags: UInt8, stream: Int32, _ payload: [UInt8], length: Int? = nil
    ) -> [UInt8] {
        let count = length ?? payload.count
        let head: [UInt8] = [
            UInt8(count >> 16 & 0xff), UInt8(count >> 8 & 0xff), UInt8(count & 0xff), kind, flags,
        ]
        return head + big(UInt32(bitPattern: stream)) + payload
    }

    static func big(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    /// Fields as literals that are never indexed, without Huffman's code (RFC 7541 section 6.2.2).
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in
            [0x00] + string(Array(name.utf8)) + string(Array(value.utf8))
        }
    }

    static func string(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var (rest, prefix) = (bytes.count - 127, [UInt8(127)])
        while rest >= 128 {
            prefix.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return prefix + [UInt8(rest)] + bytes
    }

    static func headers(
        _ stream: Int32, _ fields: [(String, String)], ends: Bool = true
    ) -> [UInt8] {
        frame(
            .headers, Flag.endHeaders | (ends ? Flag.endStream : 0), stream: stream, block(fields))
    }

    /// A request without anything special.
    static func request(
        _ stream: Int32, _ more: [(String, String)] = [], method: String = "GET",
        path: String = "/", ends: Bool = true
    ) -> [UInt8] {
        headers(
            stream,
            [
                (":method", method), (":scheme", "https"), (":path", path),
                (":authority", "a.test"),
            ] + more, ends: ends)
    }

    /// All whole frames.
    static func frames(_ bytes: [UInt8]) -> [Frame] {
        var (rest, frames) = (bytes[...], [Frame]())
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let count = head[..<3].reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 9 + count else { break }
            let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                Frame(
                    kind: head[3], flags: head[4], stream: Int32(stream & 0x7fff_ffff),
                    payload: Array(rest.dropFirst(9).prefix(count))))
            rest = rest.dropFirst(9 + count)
        }
        return frames
    }
}
