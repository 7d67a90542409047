/// Decimal numbers as HTTP writes them: digits and nothing else.
enum Decimal {
    /// nil without digits, with any other byte, and from 2^63 on.
    static func parse(_ bytes: Span<UInt8>, _ range: ByteRange) -> UInt64? {
        guard !range.isEmpty else { return nil }
        var number: UInt64 = 0
        for index in range.start..<range.end {
            guard ByteClass.isDigit(bytes[index]) else { return nil }
            let digit = UInt64(bytes[index] &- 0x30)
            guard number <= (UInt64(Int64.max) &- digit) / 10 else { return nil }
            number = number &* 10 &+ digit
        }
        return number
    }
}
