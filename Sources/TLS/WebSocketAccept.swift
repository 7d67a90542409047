package import Bytes
internal import COpenSSL

/// What a server of WebSocket proves with that it has read the client's key (RFC 6455 section
/// 4.2.2): the key and a fixed text by SHA-1, in base64. HTTP/2 has neither (RFC 8441 section 5).
package enum WebSocketAccept {
    /// Longer ones are none, in bytes.
    private static let mostKeyBytes = 64
    private static let digestBytes = 20
    /// Base64 of a digest, and the zero that OpenSSL puts behind it (EVP_EncodeBlock(3)).
    private static let textBytes = 29

    /// Appends the field line that answers a key; nothing when that is none.
    package static func appendLine(key: Span<UInt8>, to buffer: inout Buffer) {
        guard !key.isEmpty, key.count <= mostKeyBytes else { return }
        var message = Buffer(capacity: 128)
        message.append(key)
        message.append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        var digest = [UInt8](repeating: 0, count: digestBytes)
        var text = [UInt8](repeating: 0, count: textBytes)
        let isMade = unsafe message.bytes.withUnsafeBytes { bytes in
            unsafe EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha1(), nil) == 1
        }
        guard isMade else { return }
        let count = unsafe Int(EVP_EncodeBlock(&text, digest, Int32(digestBytes)))
        buffer.append("Sec-WebSocket-Accept: ")
        buffer.append(text.span.extracting(0..<count))
        buffer.append("\r\n")
    }
}
