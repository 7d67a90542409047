package import Bytes

/// Writes chunks (RFC 9112, 7.1): `begin`, the data, `end`, again and again; then `beginLast`,
/// trailer lines as they are, `finish`.
package enum ChunkEncoder {
    /// What a chunk of any size needs beside its data, in bytes.
    package static var mostOverheadBytes: Int { 20 }

    /// What ends a body without trailers, in bytes.
    package static var lastBytes: Int { 5 }

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

    /// Appends a whole chunk with the range `[from, to)` of `bytes`, which must not be empty.
    package static func append(
        _ bytes: Span<UInt8>, from: Int, to: Int, into buffer: inout Buffer
    ) {
        begin(size: to - from, into: &buffer)
        buffer.append(bytes, from: from, to: to)
        end(into: &buffer)
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
