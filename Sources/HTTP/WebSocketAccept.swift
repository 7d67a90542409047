package import Bytes

/// What a server of WebSocket proves with that it has read the client's key (RFC 6455 section
/// 4.2.2): the key and a fixed text by SHA-1, in base64. HTTP/2 has neither (RFC 8441 section 5).
package enum WebSocketAccept {
    /// Longer ones are none.
    private static let mostKeyBytes = 64

    /// Appends the field line that answers a key; nothing when that is none.
    package static func appendLine(
        key: ByteRange, of bytes: Span<UInt8>, to buffer: inout Buffer
    ) {
        guard !key.isEmpty, key.count <= mostKeyBytes else { return }
        var message: [UInt8] = []
        for index in key.start..<key.end { message.append(bytes[index]) }
        message += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8
        buffer.append("Sec-WebSocket-Accept: ")
        append(base64: digest(message), to: &buffer)
        buffer.append("\r\n")
    }

    /// SHA-1 (RFC 3174).
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var bytes = message + [0x80]
        while bytes.count % 64 != 56 { bytes.append(0) }
        let bits = UInt64(message.count) * 8
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        for start in stride(from: 0, to: bytes.count, by: 64) {
            mix(Array(bytes[start..<start + 64]), into: &state)
        }
        return state.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }

    private static func mix(_ block: [UInt8], into state: inout [UInt32]) {
        var words = stride(from: 0, to: 64, by: 4).map { at in
            block[at..<at + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<80 {
            let word = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
            words.append(rotate(word, 1))
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for (index, word) in words.enumerated() {
            let (chosen, constant) =
                switch index {
                case 0..<20: (b & c | ~b & d, UInt32(0x5a82_7999))
                case 20..<40: (b ^ c ^ d, UInt32(0x6ed9_eba1))
                case 40..<60: (b & c | b & d | c & d, UInt32(0x8f1b_bcdc))
                default: (b ^ c ^ d, UInt32(0xca62_c1d6))
                }
            let next = rotate(a, 5) &+ chosen &+ e &+ word &+ constant
            (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
        }
        for (index, word) in [a, b, c, d, e].enumerated() { state[index] &+= word }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
        word << count | word >> (32 - count)
    }

    private static func append(base64 bytes: [UInt8], to buffer: inout Buffer) {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let bits = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
            for index in 0..<4 {
                let isPadding = index > part.count
                let letter = letters[bits >> (18 - 6 * index) & 63]
                buffer.append(byte: isPadding ? UInt8(ascii: "=") : letter)
            }
        }
    }
}

extension RequestHead {
    /// The value of the client's key; empty where there is none.
    package func webSocketKey(_ bytes: Span<UInt8>) -> ByteRange {
        let name = "sec-websocket-key"
        for index in 0..<fields.count {
            let line = fields[index]
            if !line.isRemoved, TrailerName.begins(bytes, line.name, with: name),
                line.name.count == name.utf8.count
            {
                return line.value
            }
        }
        return .empty
    }
}
