import Bytes
import Testing

@testable import Proxy

extension LiveTests {
    /// Peers that do something all the time, and get nowhere: they have no more time for it.
    @Suite
    struct TrickleTests {
        private static let block = String(repeating: "x", count: 16 * 1024)

        @Test
        func `a head that gets a byte now and then is answered with 408`() throws {
            let stage = try Rehearsal.withOneTarget()
            let client = stage.clients[0].line
            client.say("GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ")
            stage.settle()
            // The head has 10 seconds. It is looked at again each time that its bytes have doubled.
            for second in 0..<9 {
                trickle(client, stage, String(repeating: "x", count: 40 << second))
            }
            #expect(client.received.isEmpty)
            for _ in 0..<3 { trickle(client, stage) }
            #expect(String(decoding: client.received, as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
        }

        @Test
        func `an answer of which more comes all the time waits no longer for its client`() throws {
            let stage = try Rehearsal.withOneTarget()
            let client = stage.clients[0].line
            client.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            stage.settle()
            let target = try #require(stage.backends.first).line
            target.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            fill(stage, from: target)
            // The client has 30 seconds to take some.
            for _ in 0..<28 { trickle(target, stage) }
            #expect(target.end == nil)
            for _ in 0..<4 { trickle(target, stage) }
            #expect(target.end != nil)
        }

        @Test
        func `a body of which more comes all the time waits no longer for its target`() throws {
            let stage = try Rehearsal.withOneTarget()
            let client = stage.clients[0].line
            client.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
            fill(stage, from: client)
            // The target has 75 seconds.
            for _ in 0..<73 { trickle(client, stage) }
            #expect(client.received.isEmpty)
            for _ in 0..<4 { trickle(client, stage) }
            #expect(String(decoding: client.received, as: UTF8.self).hasPrefix("HTTP/1.1 504 "))
        }

        private func trickle(_ line: Line, _ stage: Rehearsal, _ text: String = "x") {
            line.say(text)
            stage.letTimePass(milliseconds: 1_000)
            stage.settle()
            line.receive()
        }

        /// Sends until the worker gets rid of nothing any more; there is still room on the way to
        /// the worker.
        private func fill(_ stage: Rehearsal, from line: Line) {
            for _ in 0..<4_000 {
                line.say(Self.block)
                stage.settle()
                let isBlocked = (0..<stage.worker.connections.indexLimit).contains {
                    stage.worker.connections.isUsed($0)
                        && stage.worker.connections[$0].flags.contains(.writeBlocked)
                }
                if isBlocked { return }
            }
            Issue.record("all of it was taken")
        }
    }
}
