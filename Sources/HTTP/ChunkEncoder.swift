package import Bytes

/// Writes chunks (RFC 9112, 7.1): `begin`, the data, `end`, again and again; then `beginLast`,
/// trailer lines as they are, `finish`.
package enum ChunkEncoder {
    /// Appends the line that announces `size` bytes of data, which must not be 0.
    package static func begin(size: Int, into buffer: inout Buffer) {
        precondition(size > 0, "an empty chunk would end the body")
        buffer.append(hexadecimal: UInt64(size))
        buffer.append("\r\n")
    }

    /// Appends what follows a chunk's data.
    package static func end(into buffer: inout Buffer) {
        buffer.append("\r\n")
    }

    /// Appends the last chunk; trailer lines may follow.
    package static func beginLast(into buffer: inout Buffer) {
        buffer.append("0\r\n")
    }

    /// Appends the empty line that ends the body.
    package static func finish(into buffer: inout Buffer) {
        buffer.append("\r\n")
    }
}
