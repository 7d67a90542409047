import Admin
import Testing

@Suite struct TopTests {
    private static let answer = """
        {"version": "1", "uptime_seconds": 61, "state": "running", "generation": 7,
         "splits": [
          {"name": "kong", "generation": 7, "weights": {"x": 90, "y": 10}, "stable": "x",
           "candidate": "y", "source": "api", "reason": "step 2", "durable": true, "latches": [],
           "measured": {"requests": 200, "x": 181, "y": 19},
           "freeze": {"mode": "both"},
           "lanes": [
            {"upstream": "x", "set_ratio": 0.9, "effective_ratio": 0.9,
             "requests_per_second": 90.0, "p50_seconds": 0.0012, "p95_seconds": 0.0123,
             "p99_seconds": null, "inflight": 3, "errors_last_minute": {"service": 0}},
            {"upstream": "y", "set_ratio": 0.1, "effective_ratio": 0.0,
             "requests_per_second": 10.0, "p50_seconds": null, "p95_seconds": null,
             "p99_seconds": null, "inflight": 0,
             "errors_last_minute": {"service": 2, "attempts": 5}}]},
          {"name": "one", "generation": 1, "weights": {"z": 1}, "stable": "z", "candidate": null,
           "measured": {"requests": 0}, "lanes": []}],
         "upstreams": [{"name": "y", "targets": [
          {"address": "10.0.0.1:80", "state": "down", "drained": false,
           "last_error": "refused\\u001b[2J"}]}],
         "rollout": null}
        """

    private func now() throws -> JSONValue { try JSONReader.read(Array(Self.answer.utf8)) }

    private func session() throws -> TopSession {
        var session = TopSession()
        session.take(try now())
        return session
    }

    @Test func `it shows shares, latencies, errors and what is down`() throws {
        let text = TopView.lines(try now()).map(\.plain).joined(separator: "\n")
        for words in [
            "sluice 1  running for 1 min", "100.0 requests/s", "kong  generation 7 by api: step 2",
            "frozen (both)", "90.00 %", "90.50 %", "1.20", "12.30", "█████████·", "··········",
            "errors in a minute: service 2, failed attempts 5", "y 10.0.0.1:80 is down: refused",
            "stable", "candidate", "one",
        ] {
            #expect(text.contains(words), "\(words) in\n\(text)")
        }
        #expect(!text.contains("\u{1b}"), "a target's words move no cursor")
        #expect(!text.contains("q quit"))
        var frame = TopView.Frame()
        frame.chosen = 1
        frame.silentSeconds = 4
        let framed = TopView.lines(try now(), frame).map(\.plain)
        #expect(framed.contains { $0.hasPrefix("> one") })
        #expect(framed.contains { $0.contains("no answer for 4 s") })
        #expect(framed.last?.contains("q quit") == true)
    }

    @Test func `nothing and nonsense are shown without harm`() {
        for value in [JSONValue.null, .object([:]), .array([]), .object(["splits": "x"])] {
            #expect(!TopView.lines(value).isEmpty)
            var session = TopSession()
            session.take(value)
            for key in [TopKey.next, .previous, .more, .less, .rollback, .pause, .enter] {
                #expect(session.press(key) == .none)
            }
        }
    }

    @Test func `a line is cut at the columns, and coloured only where wanted`() {
        var line = TopText("abc", .bad)
        line.add("défg")
        #expect(line.written(columns: 5, hasColours: false) == "abcdé")
        #expect(line.written(columns: 5, hasColours: true) == "\u{1b}[1;31mabc\u{1b}[0mdé")
        #expect(line.written(columns: 2, hasColours: true) == "\u{1b}[1;31mab\u{1b}[0m")
        #expect(line.written(columns: 0, hasColours: true) == "")
    }

    @Test(arguments: [
        ("\u{1b}[A", [TopKey.previous]), ("\u{1b}[B", [.next]), ("\u{1b}OC", [.next]),
        ("\u{1b}[D", [.previous]), ("+-rpq", [.more, .less, .rollback, .pause, .quit]),
        ("\r", [.enter]), ("\u{3}", [.quit]), ("\u{1b}[1;5A", [.previous]),
        ("\u{1b}[15~q", [.quit]),
        ("zé\u{0}", []), ("\u{1b}\u{1b}[A", [.escape, .previous]), ("\u{1b}xq", [.escape, .quit]),
        ("\u{1b}q", [.quit]), ("\u{1b}\r", [.escape]),
    ])
    func `keys are put together from bytes`(bytes: String, keys: [TopKey]) {
        var reader = TopKeys()
        #expect(bytes.utf8.compactMap { reader.take($0) } == keys)
    }

    @Test func `Escape alone is known by what does not follow`() {
        var reader = TopKeys()
        #expect(reader.idle() == nil)
        #expect(reader.take(0x1b) == nil)
        #expect(reader.idle() == .escape)
        #expect(reader.take(UInt8(ascii: "[")) == nil)
    }

    @Test func `the candidate moves step by step, and only Enter sets it`() throws {
        var session = try self.session()
        #expect(session.press(.enter) == .none)
        for _ in 0..<3 { #expect(session.press(.more) == .none) }
        #expect(session.message.contains("y from 10.00 % to 13.00 %, about 13.0 requests/s"))
        _ = session.press(.less)
        guard case .send(let request) = session.press(.enter) else {
            Issue.record("nothing is sent")
            return
        }
        #expect(request.method == "PUT" && request.path == "/v1/splits/kong")
        #expect(request.body["weights"]?["y"]?.numberText == "12")
        #expect(request.body["weights"]?["x"]?.numberText == "88")
        #expect(request.ifGeneration == 7)
        #expect(!session.isAsking && session.press(.enter) == .none)
    }

    @Test func `Escape, another split and the way back to where it was drop the question`() throws {
        var session = try self.session()
        for keys in [[TopKey.more, .escape], [.more, .next, .previous], [.more, .less]] {
            for key in keys { _ = session.press(key) }
            #expect(!session.isAsking && session.press(.enter) == .none, "\(keys)")
        }
    }

    @Test func `a share ends at 0 and at the whole`() throws {
        var session = try self.session()
        for _ in 0..<30 { _ = session.press(.less) }
        guard case .send(let none) = session.press(.enter) else {
            Issue.record("nothing is sent")
            return
        }
        #expect(none.body["weights"]?["y"]?.numberText == "0")
        for _ in 0..<300 { _ = session.press(.more) }
        guard case .send(let all) = session.press(.enter) else {
            Issue.record("nothing is sent")
            return
        }
        #expect(all.body["weights"]?["y"]?.numberText == "100")
    }

    @Test func `a rollback is asked for, and a rollout that is none is not paused`() throws {
        var session = try self.session()
        _ = session.press(.rollback)
        #expect(session.isAsking && session.message.contains("everything goes to x"))
        guard case .send(let request) = session.press(.enter) else {
            Issue.record("nothing is sent")
            return
        }
        #expect(request.path == "/v1/splits/kong/rollback" && request.method == "POST")
        _ = session.press(.pause)
        #expect(!session.isAsking && session.message == "there is no rollout under way")
        _ = session.press(.next)
        _ = session.press(.more)
        #expect(session.message == "one has no candidate that could be moved")
    }
}
