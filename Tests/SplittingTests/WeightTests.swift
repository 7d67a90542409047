import Splitting
import Testing

@Suite struct WeightTests {
    @Test(
        arguments: [
            ("0", 0, "0"), ("0.0", 0, "0"), ("0.00", 0, "0"), ("0.01", 1, "0.01"),
            ("0.5", 50, "0.5"), ("0.50", 50, "0.5"), ("9", 900, "9"), ("10", 1_000, "10"),
            ("33.33", 3_333, "33.33"), ("100.05", 10_005, "100.05"),
            ("999999.99", 99_999_999, "999999.99"), ("1000000", 100_000_000, "1000000"),
            ("1000000.00", 100_000_000, "1000000"),
        ] as [(String, UInt32, String)])
    func `a plain number is read exactly and written in its shortest form`(
        text: String, hundredths: UInt32, shortest: String
    ) throws {
        let weight = try Weight.parse(text)
        #expect(weight.hundredths == hundredths)
        #expect(weight.description == shortest)
        #expect(try Weight.parse(shortest) == weight)
    }

    @Test(
        arguments: [
            ("", .empty), ("10%", .percentSign), ("%", .percentSign), ("-1", .negative),
            ("-0", .negative), ("nan", .notANumber), ("inf", .notANumber), ("+1", .notANumber),
            ("1e3", .notANumber), ("1E3", .notANumber), ("0x10", .notANumber),
            ("1_000", .notANumber),
            ("1,5", .notANumber), ("1 000", .notANumber), (" 1", .notANumber), ("1 ", .notANumber),
            ("1\n", .notANumber), ("1\0", .notANumber), (".5", .notANumber), ("5.", .notANumber),
            (".", .notANumber), ("1.2.3", .notANumber), ("1:30", .notANumber), ("٣", .notANumber),
            ("１", .notANumber),
            ("017", .leadingZero), ("00", .leadingZero), ("00.5", .leadingZero),
            ("33.333", .tooManyDecimals), ("0.000", .tooManyDecimals), ("1000000.01", .tooLarge),
            ("1000001", .tooLarge), ("9999999", .tooLarge), ("10000000", .tooLarge),
            ("99999999999999999999999999", .tooLarge),
        ] as [(String, WeightError.Reason)])
    func `anything else is refused with its reason`(text: String, reason: WeightError.Reason) {
        let error = #expect(throws: WeightError.self) { try Weight.parse(text) }
        #expect(error?.reason == reason)
        #expect(error?.text == text)
    }

    @Test func `the error says what was written, what is wrong and what is expected`() {
        let error = #expect(throws: WeightError.self) { try Weight.parse("10%") }
        let expected = """
            weight "10%" has a percent sign; \
            expected a number from 0 to 1000000 with at most two decimals, such as 90 or 33.33
            """
        #expect(error?.description == expected)
    }

    @Test func `the error cuts a long text and escapes what is not printable`() {
        let long = #expect(throws: WeightError.self) {
            try Weight.parse(String(repeating: "x", count: 10_000))
        }
        #expect(long?.text.count == 40)
        let escape = #expect(throws: WeightError.self) { try Weight.parse("\u{1B}[2J\n") }
        #expect(escape?.description.hasPrefix(#"weight "\u{1B}[2J\n" is not"#) == true)
    }

    @Test func `hundredths make a weight up to a million`() {
        #expect(Weight(hundredths: 100_000_000) == Weight(hundredths: Weight.maximumHundredths))
        #expect(Weight(hundredths: 100_000_001) == nil)
        #expect(Weight(hundredths: 0) == .zero)
    }

    @Test func `weights compare by size`() throws {
        let sorted = try ["0", "0.01", "0.1", "9", "10"].map { try Weight.parse($0) }
        #expect(sorted.reversed().sorted() == sorted)
    }
}
