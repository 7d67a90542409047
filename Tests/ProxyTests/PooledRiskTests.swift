import Testing

extension LiveTests {
    /// What happens to a pooled connection after the worker was told of a request and before it
    /// serves it: no event can have said so.
    @Suite
    struct PooledRiskTests {
        private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        private static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

        struct Case: CustomTestStringConvertible {
            let first: String
            let second: String
            let answer: String
            let closes: Bool

            var testDescription: String { "\(second) after \(first)" }
        }

        @Test(arguments: [
            // Not repeatable: a connection that its target has closed is not tried with it.
            Case(first: "GET", second: "POST", answer: answer, closes: true),
            // Bytes behind an answer without a body may be its body, from a target that errs.
            Case(first: "HEAD", second: "GET", answer: empty, closes: false),
        ])
        func `a request does not go out on a pooled connection that is no longer good`(
            _ now: Case
        ) throws {
            let ground = try #require(Rehearsal.Ground.lasting)
            let stage = try Rehearsal([], ground)
            stage.isListed = [true, false, false]
            stage.apply()
            stage.connect(0)
            let client = stage.clients[0].line
            ask(now.first, of: client)
            stage.settle()
            let pooled = try #require(stage.backends.first).line
            say(now.answer, on: pooled)
            stage.settle()
            client.receive()
            let before = client.received.count
            #expect(before > 0)

            ask(now.second, of: client)
            stage.turnOnce {
                now.closes ? pooled.close() : say("HTTP/1.1 200 OK\r\nX: late\r\n\r\n", on: pooled)
            }
            stage.settle()
            #expect(stage.backends.count == 2)
            say(Self.answer, on: try #require(stage.backends.last).line)
            stage.settle()
            client.receive()
            let text = String(decoding: client.received[before...], as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("\r\n\r\nok"))
            #expect(!text.contains("late"))
        }

        private func ask(_ method: String, of client: Line) {
            say("\(method) / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", on: client)
        }

        private func say(_ text: String, on line: Line) {
            line.pending += Array(text.utf8)
            line.send()
        }
    }
}
