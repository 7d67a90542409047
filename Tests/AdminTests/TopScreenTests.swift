import Admin
import Kernel
import Testing

/// What `sluice top` shows on terminals of different sizes.
@Suite struct TopScreenTests {
    private static let numbers = [
        "2.31", "3.45", "12.07", "128.4", "90.00", "10.00", "89.97", "10.03", "271.4", "4567",
    ]

    private static func split(_ name: String) -> String {
        """
        {"name": "\(name)", "generation": 1234, "weights": {"x": 90, "y": 10}, "stable": "x",
         "candidate": "y", "source": "socket", "durable": true, "latches": [],
         "reason": "step 2 of the upgrade that was spoken about on Monday by all of them",
         "freeze": {"mode": "both"}, "measured": {"requests": 10000, "x": 8997, "y": 1003},
         "lanes": [
          {"upstream": "x", "set_ratio": 0.9, "effective_ratio": 0.9,
           "requests_per_second": 271.4, "p50_seconds": 0.00231, "p95_seconds": 0.00345,
           "p99_seconds": 0.01207, "inflight": 4567, "errors_last_minute": {"service": 321}},
          {"upstream": "y", "set_ratio": 0.1, "effective_ratio": 0.1,
           "requests_per_second": 128.4, "p50_seconds": 0.00231, "p95_seconds": 0.00345,
           "p99_seconds": 0.01207, "inflight": 4567, "errors_last_minute": {}}]}
        """
    }

    private static func now(splits: Int) throws -> JSONValue {
        let names = splits == 1 ? ["kong"] : (1...splits).map { "split-\($0)" }
        return try JSONReader.read(
            Array(
                """
                {"version": "0.1.0", "uptime_seconds": 235, "state": "running",
                 "generation": 1234, "splits": [\(names.map(split).joined(separator: ","))],
                 "upstreams": [], "rollout": null}
                """.utf8))
    }

    private static func screen(
        _ session: TopSession, columns: Int, rows: Int, silent: Int? = nil
    ) -> [String] {
        var frame = TopView.Frame()
        frame.chosen = session.chosen
        frame.message = session.message
        frame.shortMessage = session.shortMessage
        frame.isQuestion = session.isAsking
        frame.silentSeconds = silent
        return TopView.screen(session.now, frame, columns: columns, rows: rows).map(\.plain)
    }

    @Test(arguments: [(80, 24), (60, 20), (40, 12), (20, 5), (120, 40), (20, 3), (10, 2)])
    func `the chosen split, the question and the keys are in sight`(
        columns: Int, rows: Int
    ) throws {
        var session = TopSession()
        session.take(try Self.now(splits: 24))
        for number in 0..<24 {
            for isAsking in [false, true] {
                if isAsking { _ = session.press(.more) }
                let screen = Self.screen(session, columns: columns, rows: rows, silent: 7)
                #expect(screen.count <= rows, "\(screen)")
                let text = screen.joined(separator: "\n")
                if rows >= 12 {
                    #expect(screen.contains { $0.hasPrefix("> split-\(number + 1)") }, "\(text)")
                    #expect(text.contains("no answer for 7 s"))
                }
                if rows > 4 { #expect(screen.last?.contains("q quit") == true, "\(text)") }
                if isAsking { #expect(text.contains("Enter"), "\(text)") }
            }
            _ = session.press(.next)
        }
    }

    @Test(arguments: [100, 90, 80, 70, 60, 50, 40, 30, 20])
    func `numbers are whole or not there`(columns: Int) throws {
        var session = TopSession()
        session.take(try Self.now(splits: 1))
        _ = session.press(.more)
        let screen = Self.screen(session, columns: columns, rows: 30)
        let text = screen.joined(separator: "\n")
        #expect(screen.allSatisfy { $0.count <= columns }, "\(text)")
        let whole = Set(
            Self.numbers + ["11.00", "44.0", "399.8", "1234", "321", "3", "55", "0.1.0", "1", "2"])
        for word in text.split(whereSeparator: { " \n,:()".contains($0) })
        where word.first?.isNumber == true {
            let number = word.hasSuffix(".") ? word.dropLast() : word
            #expect(whole.contains(String(number)), "\(number) in\n\(text)")
        }
        #expect(text.contains("q quit") && text.contains("90.00"))
        #expect(columns < 30 || text.contains("frozen"))
    }

    @Test func `at 80 columns all that matters is there`() throws {
        var session = TopSession()
        session.take(try Self.now(splits: 1))
        let text = Self.screen(session, columns: 80, rows: 24).joined(separator: "\n")
        for words in [
            "set %", "eff. %", "req/s", "p95", "p99 ms", "in fl.", "stable", "cand.", "12.07",
            "4567", "q quit", "frozen (both)", "errors in a minute: service 321",
        ] {
            #expect(text.contains(words), "\(words) in\n\(text)")
        }
    }

    @Test func `where there is little room a question begins with its key`() throws {
        var session = TopSession()
        session.take(try Self.now(splits: 1))
        _ = session.press(.more)
        let screen = Self.screen(session, columns: 20, rows: 5)
        #expect(screen.contains { $0.hasPrefix("Enter: kong y 10.00") }, "\(screen)")
        _ = session.press(.rollback)
        let back = Self.screen(session, columns: 24, rows: 4)
        #expect(back.contains("Enter: kong back to x"), "\(back)")
        _ = session.press(.escape)
        #expect(!Self.screen(session, columns: 20, rows: 5).contains { $0.contains("Enter") })
    }

    @Test func `nonsense fits any terminal`() {
        for value in [JSONValue.null, .object([:]), .array([]), .object(["splits": "x"])] {
            for (columns, rows) in [(80, 24), (1, 1), (0, 0), (3, 9)] {
                var frame = TopView.Frame()
                frame.chosen = 0
                frame.message = "a question that is longer than most terminals are wide"
                let screen = TopView.screen(value, frame, columns: columns, rows: rows)
                #expect(screen.count <= rows)
            }
        }
    }

    @Test func `silence is told from three seconds on, and each second anew`() {
        let last = Instant(nanoseconds: 1_000_000_000)
        var silence = TopSilence()
        let moment = { (milliseconds: Int) in last.advanced(byMilliseconds: milliseconds) }
        let none = silence.take(secondsSince: last, moment(2_900))
        #expect(!none && silence.seconds == nil)
        let begun = silence.take(secondsSince: last, moment(3_000))
        #expect(begun && silence.seconds == 3)
        let same = silence.take(secondsSince: last, moment(3_900))
        #expect(!same && silence.seconds == 3)
        let more = silence.take(secondsSince: last, moment(16_000))
        #expect(more && silence.seconds == 16)
        let over = silence.take(secondsSince: moment(16_000), moment(16_100))
        #expect(over && silence.seconds == nil)
    }
}
