extension Weight {
    /// Reads a weight as written by a person: digits, or digits, a point and one or two decimals.
    ///
    /// Nothing else passes: no sign, exponent, `%`, `_`, space or leading zero. A leading zero is
    /// refused because YAML readers take `017` for the octal 15.
    package static func parse(_ text: some StringProtocol) throws(WeightError) -> Weight {
        do {
            return try parse(digits: Array(text.utf8))
        } catch {
            throw WeightError(text: String(text.prefix(WeightError.quotedLength)), reason: error)
        }
    }

    private static func parse(digits: [UInt8]) throws(WeightError.Reason) -> Weight {
        let point = UInt8(ascii: ".")
        let parts = digits.split(separator: point, omittingEmptySubsequences: false)
        let whole = parts[0]
        if digits.isEmpty { throw .empty }
        if digits.last == UInt8(ascii: "%") { throw .percentSign }
        if digits.first == UInt8(ascii: "-") { throw .negative }
        guard parts.count <= 2, parts.allSatisfy(isDigits) else { throw .notANumber }
        if whole.count > 1 && whole.first == UInt8(ascii: "0") { throw .leadingZero }

        let decimals = parts.count == 2 ? parts[1].count : 0
        guard decimals <= 2 else { throw .tooManyDecimals }
        guard whole.count <= 7 else { throw .tooLarge }
        var hundredths: UInt32 = 0
        for digit in parts.joined() { hundredths = hundredths * 10 + UInt32(digit & 0x0F) }
        for _ in decimals..<2 { hundredths *= 10 }
        guard let weight = Weight(hundredths: hundredths) else { throw .tooLarge }
        return weight
    }

    private static func isDigits(_ part: ArraySlice<UInt8>) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return !part.isEmpty && part.allSatisfy(digits.contains)
    }
}
