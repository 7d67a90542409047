/// A day in the Gregorian calendar.
package struct CalendarDate: Sendable, Equatable {
    /// The year of our era.
    package let year: Int64
    /// 1 is January.
    package let month: Int64
    /// Of the month, from 1.
    package let day: Int64

    /// The day so many days after the 1st of January 1970, or before it. Years are counted from
    /// March, so that a leap day is the last of its year, and in eras of 400 years.
    package init(daysSince1970 days: Int64) {
        let (era, dayOfEra) = Self.divide(days + 719_468, by: 146_097)
        let leapDays = dayOfEra / 1_460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * march + 2) / 5 + 1
        month = march < 10 ? march + 3 : march - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// `Jan` to `Dec`.
    package var monthName: StaticString {
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

    /// `Mon` to `Sun`; 1970 began on a Thursday.
    static func weekday(daysSince1970 days: Int64) -> StaticString {
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

    /// Division towards minus infinity.
    static func divide(_ number: Int64, by divisor: Int64) -> (Int64, rest: Int64) {
        let rest = (number % divisor + divisor) % divisor
        return ((number - rest) / divisor, rest)
    }
}
