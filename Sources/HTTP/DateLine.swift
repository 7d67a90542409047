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
        let (days, rest) = Self.divide(seconds, by: 86_400)
        let date = Self.date(daysSince1970: days)
        write("Date: ", at: 0)
        write(Self.weekday(daysSince1970: days), at: 6)
        write(", ", at: 9)
        write(number: date.day, digits: 2, at: 11)
        write(Self.name(ofMonth: date.month), at: 14)
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

    /// The year, month and day of a day in the Gregorian calendar, by counting in years that
    /// begin in March, so that a leap day is the last of its year.
    private static func date(
        daysSince1970 days: Int64
    ) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = divide(days + 719_468, by: 146_097)
        let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * march + 2) / 5 + 1)
    }

    /// 1970 began on a Thursday.
    private static func weekday(daysSince1970 days: Int64) -> String {
        switch divide(days, by: 7).rest {
        case 0: "Thu"
        case 1: "Fri"
        case 2: "Sat"
        case 3: "Sun"
        case 4: "Mon"
        case 5: "Tue"
        default: "Wed"
        }
    }

    private static func name(ofMonth month: Int64) -> String {
        switch month {
        case 1: "Jan"
        case 2: "Feb"
        case 3: "Mar"
        case 4: "Apr"
        case 5: "May"
        case 6: "Jun"
        case 7: "Jul"
        case 8: "Aug"
        case 9: "Sep"
        case 10: "Oct"
        case 11: "Nov"
        default: "Dec"
        }
    }

    /// Division towards minus infinity.
    private static func divide(_ number: Int64, by divisor: Int64) -> (Int64, rest: Int64) {
        let rest = (number % divisor + divisor) % divisor
        return ((number - rest) / divisor, rest)
    }
}
