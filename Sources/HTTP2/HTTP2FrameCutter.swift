/// Cuts what comes into pieces with one frame each at most, so that what a piece can bring is
/// bounded whatever the peer sends (RFC 9113 section 4.1).
struct HTTP2FrameCutter: Equatable {
    /// Bytes of the client's preface that are to come (section 3.4).
    private var prefaceLeft: Int
    private var header: UInt128 = 0
    private var headerCount = 0
    private var payloadLeft = 0

    init(hasPreface: Bool) { prefaceLeft = hasPreface ? 24 : 0 }

    /// How many of the bytes from `start` on make the next piece.
    mutating func next(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var at = start
        if prefaceLeft > 0 {
            let count = min(prefaceLeft, bytes.count &- at)
            prefaceLeft &-= count
            return count
        }
        if payloadLeft == 0 {
            while headerCount < 9, at < bytes.count {
                header = header &<< 8 | UInt128(bytes[at])
                headerCount &+= 1
                at &+= 1
            }
            guard headerCount == 9 else { return at &- start }
            payloadLeft = Int(truncatingIfNeeded: header &>> 48) & 0xff_ffff
            header = 0
            headerCount = 0
        }
        let count = min(payloadLeft, bytes.count &- at)
        payloadLeft &-= count
        return at &- start &+ count
    }
}
