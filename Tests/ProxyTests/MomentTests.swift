import Testing

extension LiveTests {
    /// What a target does after the worker was told of its client and before it goes on: no event
    /// can have said so.
    @Suite
    struct MomentTests {
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
            let stage = try Rehearsal.withOneTarget()
            let client = stage.clients[0].line
            ask(now.first, of: client)
            stage.settle()
            let pooled = try #require(stage.backends.first).line
            pooled.say(now.answer)
            stage.settle()
            client.receive()
            let before = client.received.count
            #expect(before > 0)

            ask(now.second, of: client)
            stage.turnOnce {
                now.closes ? pooled.close() : pooled.say("HTTP/1.1 200 OK\r\nX: late\r\n\r\n")
            }
            stage.settle()
            #expect(stage.backends.count == 2)
            try #require(stage.backends.last).line.say(Self.answer)
            stage.settle()
            client.receive()
            let text = String(decoding: client.received[before...], as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("\r\n\r\nok"))
            #expect(!text.contains("late"))
        }

        @Test
        func `an answer is read before its target's break is believed`() throws {
            let stage = try Rehearsal.withOneTarget()
            let client = stage.clients[0].line
            client.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf")
            stage.settle()
            let target = try #require(stage.backends.first).line
            client.say("rest")
            stage.turnOnce {
                target.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
                target.reset()
            }
            stage.settle()
            client.receive()
            let text = String(decoding: client.received, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 413 "))
        }

        @Test
        func `who has not sent all of a body is told that the connection closes`() throws {
            let stage = try Rehearsal.withOneTarget()
            let client = stage.clients[0].line
            client.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf")
            stage.settle()
            try #require(stage.backends.first).line.reset()
            stage.settle()
            client.receive()
            let text = String(decoding: client.received, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 502 "))
            #expect(text.contains("\r\nConnection: close\r\n"))
            #expect(client.end == .ended)
        }

        private func ask(_ method: String, of client: Line) {
            client.say("\(method) / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
        }
    }
}
