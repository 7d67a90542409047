import Testing

@testable import HTTP

struct `A date line` {
    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00"), (784_111_777, "Sun, 06 Nov 1994 08:49:37"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59"), (951_782_400, "Tue, 29 Feb 2000 00:00:00"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00"), (-1, "Wed, 31 Dec 1969 23:59:59"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59"),
    ])
    func `is written in the one form for dates`(seconds: Int64, expected: String) {
        #expect(line(seconds) == "Date: \(expected) GMT\r\n")
    }

    @Test func `goes from day to day for two hundred years`() {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        var today = 0
        for year in 1970..<2170 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in zip(months, lengths) {
                for day in 1...length {
                    let number = day < 10 ? "0\(day)" : "\(day)"
                    let expected = "Date: \(days[today % 7]), \(number) \(month) \(year) 12:34:56"
                    let found = line(Int64(today) * 86_400 + 45_296)
                    #expect(found == expected + " GMT\r\n")
                    today += 1
                }
            }
        }
    }

    @Test func `is the last one that it was set to`() {
        var line = DateLine()
        for seconds in [5, 5, 6, 5] as [Int64] {
            line.set(secondsSince1970: seconds)
            #expect(text(line.bytes).contains("00:00:0\(seconds) "))
        }
    }

    private func line(_ seconds: Int64) -> String {
        var line = DateLine()
        line.set(secondsSince1970: seconds)
        return text(line.bytes)
    }
}
