/// Moments as RFC 3339 writes them, in UTC: `2031-05-06T07:08:09.010Z`.
package enum Timestamp {
    /// The moment that many milliseconds after 1970 began.
    package static func text(milliseconds: Int64) -> String {
        let (days, time) = floorDivide(milliseconds, by: 86_400_000)
        let (year, month, day) = date(daysSince1970: days)
        let clock = [time / 3_600_000, time / 60_000 % 60, time / 1_000 % 60].map { padded($0, 2) }
        let calendar = [padded(year, 4), padded(month, 2), padded(day, 2)]
        return calendar.joined(separator: "-") + "T" + clock.joined(separator: ":")
            + "." + padded(time % 1_000, 3) + "Z"
    }

    /// The Gregorian date. Years are counted from March, so that the leap day comes last, in eras
    /// of 400 years, which are all 146,097 days long.
    private static func date(daysSince1970: Int64) -> (Int64, Int64, Int64) {
        let (era, dayOfEra) = floorDivide(daysSince1970 + 719_468, by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let quotient = value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
        return (quotient, value - quotient * divisor)
    }

    private static func padded(_ value: Int64, _ digits: Int) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
