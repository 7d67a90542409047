/// Sizes: a whole number and a unit, `16KiB`, `1MiB`, `2GiB`; `512B` and `512` are bytes.
enum SizeText {
    /// The size in bytes; nil for any other text and for what does not fit.
    static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = DecimalNumber.parse(digits) else { return nil }
        let name = text[digits.endIndex...]
        if name.isEmpty || name == "B" { return number }
        guard let unit = units.first(where: { $0.name == name }) else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflows ? nil : bytes
    }

    /// As people write it, in the largest unit that fits whole.
    static func text(_ bytes: Int) -> String {
        guard bytes > 0, let unit = units.first(where: { bytes.isMultiple(of: $0.bytes) }) else {
            return "\(bytes)"
        }
        return "\(bytes / unit.bytes)\(unit.name)"
    }

    private static let units: [(name: Substring, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]
}
