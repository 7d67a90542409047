internal import Bytes

/// The field line that says when a message came about (RFC 9110, 6.6.1), in the one form that is
/// written (5.6.7). It is written anew once a second at most.
package struct DateLine: Sendable {
    private var second = Int64.min
    private var text = InlineArray<37, UInt8>(repeating: ByteClass.space)

    /// A line for no second yet: `set` comes first.
    package init() {}

    /// Makes it the line of this second since 1970, in UTC.
    package mutating func set(secondsSince1970 seconds: Int64) {
        guard seconds != second else { return }
        second = seconds
        let (days, rest) = CalendarDate.divide(seconds, by: 86_400)
        let date = CalendarDate(daysSince1970: days)
        write("Date: ", at: 0)
        write(CalendarDate.weekday(daysSince1970: days).description, at: 6)
        write(", ", at: 9)
        write(number: date.day, digits: 2, at: 11)
        write(date.monthName.description, at: 14)
        write(number: date.year, digits: 4, at: 18)
        write(number: rest / 3600, digits: 2, at: 23)
        write(":", at: 25)
        write(number: rest / 60 % 60, digits: 2, at: 26)
        write(":", at: 28)
        write(number: rest % 60, digits: 2, at: 29)
        write(" GMT\r\n", at: 31)
    }

    /// The line with its end.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { text.span }
    }

    private mutating func write(_ words: String, at start: Int) {
        var at = start
        for character in words.utf8 {
            text[at] = character
            at += 1
        }
    }

    private mutating func write(number: Int64, digits: Int, at start: Int) {
        var rest = number
        for index in (0..<digits).reversed() {
            text[start + index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
