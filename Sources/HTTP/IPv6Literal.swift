/// An IPv6 address as it stands between brackets in a host (RFC 3986, 3.2.2).
enum IPv6Literal {
    /// Whether it is eight groups of hexadecimal digits, the last two perhaps as an IPv4 address,
    /// or fewer with one `::` for those that are 0. Zones are for one machine only: refused.
    static func isValid(_ bytes: Span<UInt8>, _ range: ByteRange) -> Bool {
        var groups = 0
        var hasGap = false
        var at = range.start
        while at < range.end {
            let isStart = at == range.start
            if bytes[at] == ByteClass.colon {
                let isDouble = at &+ 1 < range.end && bytes[at &+ 1] == ByteClass.colon
                if isDouble, hasGap { return false }
                if !isDouble, isStart || at &+ 1 == range.end { return false }
                hasGap = hasGap || isDouble
                at &+= isDouble ? 2 : 1
                if at == range.end { break }
            } else if !isStart {
                return false
            }
            let start = at
            while at < range.end, ByteClass.hexadecimal(bytes[at]) != nil { at &+= 1 }
            if at < range.end, bytes[at] == UInt8(ascii: ".") {
                guard isIPv4(bytes, ByteRange(start, range.end)) else { return false }
                groups &+= 2
                break
            }
            guard at > start, at &- start <= 4 else { return false }
            groups &+= 1
        }
        return hasGap ? groups < 8 : groups == 8
    }

    /// Whether it is four numbers below 256, without leading zeros.
    private static func isIPv4(_ bytes: Span<UInt8>, _ range: ByteRange) -> Bool {
        var numbers = 0
        var start = range.start
        for at in range.start...range.end
        where at == range.end || bytes[at] == UInt8(ascii: ".") {
            guard let number = Decimal.parse(bytes, ByteRange(start, at)), number < 256 else {
                return false
            }
            if at &- start > 1, bytes[start] == UInt8(ascii: "0") { return false }
            numbers &+= 1
            start = at &+ 1
        }
        return numbers == 4
    }
}
