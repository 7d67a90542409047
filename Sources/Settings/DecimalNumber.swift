/// Whole numbers as people write them: digits only, no sign, no leading zero.
enum DecimalNumber {
    /// The number; nil for any other text and for what does not fit.
    static func parse(_ text: some StringProtocol) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text.utf8.count == 1 || text.utf8.first != 0x30
        else { return nil }
        return Int(text)
    }
}

/// Durations: a whole number and a unit, `250ms`, `30s`, `5m`, `1h`.
enum DurationText {
    /// The duration in milliseconds, up to 24 hours; nil for any other text.
    static func milliseconds(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = DecimalNumber.parse(digits), let unit = units[text[digits.endIndex...]]
        else { return nil }
        let (milliseconds, overflows) = number.multipliedReportingOverflow(by: unit)
        guard !overflows, milliseconds <= Limits.durationMilliseconds else { return nil }
        return milliseconds
    }

    /// As people write it, in seconds if they are whole.
    static func text(_ milliseconds: Int) -> String {
        milliseconds.isMultiple(of: 1_000) ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
    }

    private static let units: [Substring: Int] = [
        "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000,
    ]
}
