/// The name of a protocol that a connection may change to (RFC 9110, 7.8).
enum ProtocolName {
    /// Whether it is `token ["/" token]` and no version of HTTP: requests in another version
    /// (`h2c`, say) would pass unseen.
    static func isAcceptable(_ bytes: Span<UInt8>, _ name: ByteRange) -> Bool {
        let end = Grammar.shared.endOfToken(bytes.extracting(first: name.end), from: name.start)
        guard end > name.start, !isHTTP(bytes, ByteRange(name.start, end)) else { return false }
        if end == name.end { return true }
        guard bytes[end] == ByteClass.slash, end &+ 1 < name.end else { return false }
        let versionEnd = Grammar.shared.endOfToken(
            bytes.extracting(first: name.end), from: end &+ 1)
        return versionEnd == name.end
    }

    /// A number that equal names share, whatever the case of their letters; never 0.
    static func mark(_ bytes: Span<UInt8>, _ name: ByteRange) -> UInt64 {
        // FNV-1a.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in name.start..<name.end {
            hash = (hash ^ UInt64(lowerCase(bytes[index]))) &* 0x100_0000_01b3
        }
        return max(hash, 1)
    }

    /// Whether a token begins like `HTTP`, or like `h2` and its drafts (`h2c`, `h2c-14`).
    private static func isHTTP(_ bytes: Span<UInt8>, _ token: ByteRange) -> Bool {
        begins(bytes, token, with: "http") || begins(bytes, token, with: "h2")
    }

    private static func begins(
        _ bytes: Span<UInt8>, _ token: ByteRange, with word: String
    ) -> Bool {
        guard token.count >= word.utf8.count else { return false }
        var at = token.start
        for letter in word.utf8 {
            if lowerCase(bytes[at]) != letter { return false }
            at &+= 1
        }
        return true
    }

    private static func lowerCase(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}
