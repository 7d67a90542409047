internal import Bytes

/// Times as logs write them, in UTC.
enum LogTime {
    /// `2031-05-06T07:08:09.010Z` (RFC 3339), of nanoseconds since 1970.
    static func append(rfc3339 nanoseconds: Int64, to line: inout Buffer) {
        let moment = Moment(nanoseconds)
        append(moment.year, digits: 4, to: &line)
        line.append("-")
        append(moment.month, digits: 2, to: &line)
        line.append("-")
        append(moment.day, digits: 2, to: &line)
        line.append("T")
        appendClock(moment, to: &line)
        line.append(".")
        append(moment.millisecond, digits: 3, to: &line)
        line.append("Z")
    }

    /// `06/May/2031:07:08:09 +0000`, of nanoseconds since 1970.
    static func append(commonLog nanoseconds: Int64, to line: inout Buffer) {
        let moment = Moment(nanoseconds)
        append(moment.day, digits: 2, to: &line)
        line.append("/")
        line.append(name(ofMonth: moment.month))
        line.append("/")
        append(moment.year, digits: 4, to: &line)
        line.append(":")
        appendClock(moment, to: &line)
        line.append(" +0000")
    }

    /// Seconds with six decimals.
    static func append(seconds nanoseconds: UInt64, to line: inout Buffer) {
        let microseconds = nanoseconds / 1_000
        line.append(decimal: microseconds / 1_000_000)
        line.append(".")
        append(Int64(microseconds % 1_000_000), digits: 6, to: &line)
    }

    private static func appendClock(_ moment: Moment, to line: inout Buffer) {
        append(moment.second / 3_600, digits: 2, to: &line)
        line.append(":")
        append(moment.second / 60 % 60, digits: 2, to: &line)
        line.append(":")
        append(moment.second % 60, digits: 2, to: &line)
    }

    private static func append(_ number: Int64, digits: Int, to line: inout Buffer) {
        var scale: Int64 = 1
        for _ in 1..<digits { scale &*= 10 }
        while scale > 0 {
            line.append(byte: 0x30 &+ UInt8(truncatingIfNeeded: number / scale % 10))
            scale /= 10
        }
    }

    private static func name(ofMonth month: Int64) -> StaticString {
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

    /// A moment in parts, by the Gregorian calendar.
    private struct Moment {
        let year: Int64
        let month: Int64
        let day: Int64
        /// Of the day.
        let second: Int64
        let millisecond: Int64

        init(_ nanoseconds: Int64) {
            // A clock that stands before 1970 was never set.
            let milliseconds = max(0, nanoseconds) / 1_000_000
            millisecond = milliseconds % 1_000
            second = milliseconds / 1_000 % 86_400
            // Years are counted from March, so that the leap day is the last of its year, and
            // from a year at which a cycle of 400 begins.
            let days = milliseconds / 86_400_000 + 719_468
            let cycle = days / 146_097
            let dayOfCycle = days % 146_097
            let yearOfCycle =
                (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096)
                / 365
            let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
            let monthFromMarch = (5 * dayOfYear + 2) / 153
            day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
            month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
            year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
        }
    }
}
