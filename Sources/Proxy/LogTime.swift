internal import Bytes
internal import HTTP

/// Times as logs write them, in UTC.
enum LogTime {
    /// `2031-05-06T07:08:09.010Z` (RFC 3339), of nanoseconds since 1970.
    static func append(rfc3339 nanoseconds: Int64, to line: inout Buffer) {
        let moment = Moment(nanoseconds)
        append(moment.date.year, digits: 4, to: &line)
        line.append("-")
        append(moment.date.month, digits: 2, to: &line)
        line.append("-")
        append(moment.date.day, digits: 2, to: &line)
        line.append("T")
        appendClock(moment, to: &line)
        line.append(".")
        append(moment.millisecond, digits: 3, to: &line)
        line.append("Z")
    }

    /// `06/May/2031:07:08:09 +0000`, of nanoseconds since 1970.
    static func append(commonLog nanoseconds: Int64, to line: inout Buffer) {
        let moment = Moment(nanoseconds)
        append(moment.date.day, digits: 2, to: &line)
        line.append("/")
        line.append(moment.date.monthName)
        line.append("/")
        append(moment.date.year, digits: 4, to: &line)
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

    /// A moment in parts.
    private struct Moment {
        let date: CalendarDate
        /// Of the day.
        let second: Int64
        let millisecond: Int64

        init(_ nanoseconds: Int64) {
            // A clock that stands before 1970 was never set.
            let milliseconds = max(0, nanoseconds) / 1_000_000
            millisecond = milliseconds % 1_000
            second = milliseconds / 1_000 % 86_400
            date = CalendarDate(daysSince1970: milliseconds / 86_400_000)
        }
    }
}
