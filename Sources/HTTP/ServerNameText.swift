/// The name of a server as a TLS client writes it (RFC 6066 section 3).
enum ServerNameText {
    /// Whether it can be one: visible ASCII, no label empty, no dot at the end. What is none is
    /// compared with nothing: `.example.com` would pass for a name below `*.example.com`.
    static func isSound(_ name: Span<UInt8>) -> Bool {
        var isLabelEmpty = true
        for index in name.indices {
            let byte = name[index]
            guard byte > 0x20, byte < 0x7f else { return false }
            let isDot = byte == UInt8(ascii: ".")
            if isDot, isLabelEmpty { return false }
            isLabelEmpty = isDot
        }
        return !isLabelEmpty
    }
}
