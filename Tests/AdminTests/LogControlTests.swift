import Kernel
import Logging
import Testing

@testable import Admin

/// How much is logged, how, and how often.
struct LogControlTests {
    /// A log that keeps its lines.
    private final class Paper: Sendable {
        private let kept = Lock<[String]>([])

        func control(_ level: Logger.Level, _ format: LogControl.Format = .text) -> LogControl {
            LogControl(level: level, format: format) { [kept] line in
                kept.withLock { $0.append(line) }
            }
        }

        /// The lines without their times.
        var lines: [String] {
            kept.withLock { $0.map { String($0.split(separator: " ", maxSplits: 1).last ?? "") } }
        }

        var raw: [String] { kept.withLock { $0 } }
    }

    private func event(_ text: String, _ level: Logger.Level = .notice, line: UInt = 1) -> LogEvent
    {
        LogEvent(
            level: level, message: "\(text)", error: nil, metadata: nil, source: "s", file: "f",
            function: "g", line: line)
    }

    @Test func `a text line has time, level, text and fields, whatever they bring along`() {
        let paper = Paper()
        let logger = LogLine.logger(paper.control(.info))
        logger.notice("two\nlines\r\nor more", metadata: ["b": "2", "a": "1\n2"])
        logger.debug("not this")
        #expect(paper.lines == ["notice   two | lines | or more a=1 | 2 b=2\n"])
    }

    @Test func `a JSON line is one object`() throws {
        let paper = Paper()
        LogLine.logger(paper.control(.info, .json)).error(
            "a \"quote\"\nand more", metadata: ["upstream": "x"])
        let line = try #require(paper.raw.first)
        #expect(line.hasSuffix("}\n") && line.count { $0 == "\n" } == 1)
        let value = try JSONReader.read(Array(line.utf8))
        #expect(value["level"]?.text == "error")
        #expect(value["message"]?.text == "a \"quote\" | and more")
        #expect(value["upstream"]?.text == "x")
        #expect(value["time"]?.text?.hasSuffix("Z") == true)
    }

    @Test func `a level that is asked for counts at once and ends with its time`() {
        let paper = Paper()
        let control = paper.control(.warning)
        let logger = LogLine.logger(control)
        logger.info("one")
        let now = Instant(nanoseconds: 0)
        #expect(control.ask(for: .debug, until: now.advanced(byMilliseconds: 500)) == .warning)
        logger.debug("two")
        #expect(control.tick(now) == nil)
        logger.debug("three")
        #expect(control.tick(now.advanced(byMilliseconds: 500)) == .debug)
        logger.debug("four")
        logger.warning("five")
        #expect(paper.lines == ["debug    two\n", "debug    three\n", "warning  five\n"])
    }

    @Test func `another level in the settings ends what was asked for, the same does not`() {
        let control = LogControl(level: .info) { _ in }
        _ = control.ask(for: .trace, until: nil)
        control.configure(level: .info, format: .json)
        #expect(control.levels.current == .trace)
        control.configure(level: .error, format: .json)
        #expect(control.levels == LogControl.Levels(configured: .error))
    }

    @Test func `of very many messages of one kind some are left out and counted`() {
        let paper = Paper()
        let control = paper.control(.info)
        let start = Instant(nanoseconds: 0)
        for number in 0..<130 { control.take(event("no \(number)"), [:], now: start) }
        control.take(event("another kind", line: 2), [:], now: start)
        control.take(event("the end", .critical), [:], now: start)
        #expect(paper.lines.count == LogControl.mostOfKind + 2)
        #expect(paper.lines.suffix(2) == ["notice   another kind\n", "critical the end\n"])
        let later = start.advanced(byMilliseconds: LogControl.windowMilliseconds)
        _ = control.tick(later.advanced(byMilliseconds: -1))
        #expect(paper.lines.count == LogControl.mostOfKind + 2)
        _ = control.tick(later)
        #expect(
            paper.lines.last
                == "notice   30 more messages like this one were left out within 10 s: no 129\n")
        control.take(event("again"), [:], now: later)
        #expect(paper.lines.last == "notice   again\n")
    }

    @Test(arguments: [
        ("{", "400"), ("{}", "`level` is missing"), (#"{"level": 1}"#, "`level` is missing"),
        (#"{"level": "loud"}"#, "`level` is \"loud\"; expected trace, debug"),
        (#"{"level": "debug", "for": "soon"}"#, "`for` is no duration"),
        (#"{"level": "debug", "for": "0s"}"#, "`for` is no duration"),
        (#"{"level": "configured", "for": "1m"}"#, "`for` needs another level"),
        (#"{"level": "debug", "until": "1m"}"#, "until"),
    ])
    func `a bad body is refused`(body: String, expected: String) throws {
        let refusal = #expect(throws: Refusal.self) { try LogLevelBody(Array(body.utf8)) }
        let text = "\(refusal?.status ?? 0) \(refusal?.message ?? "")"
        #expect(text.hasPrefix("400") && text.contains(expected), "\(text)")
    }

    @Test func `a good body says level, time and reason`() throws {
        let body = try LogLevelBody(
            Array(#"{"level": "debug", "for": "10m", "reason": "why"}"#.utf8))
        #expect(body.level == .debug && body.milliseconds == 600_000 && body.reason == "why")
        #expect(try LogLevelBody(Array(#"{"level": "configured"}"#.utf8)).level == nil)
    }
}
