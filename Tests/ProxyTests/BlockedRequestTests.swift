import Bytes
import Kernel
import Telemetry
import Testing

@testable import Proxy

/// Requests whose first bytes have to wait, since the target's connection takes none.
struct BlockedRequestTests {
    private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    /// A rehearsal with one upstream and one connection to it that waits in its pool.
    private func prepared() throws -> (Rehearsal, pooled: Int) {
        let rehearsal = try Rehearsal([], try Rehearsal.Ground())
        rehearsal.isListed = [true, false, false]
        rehearsal.weights = [1, 0]
        rehearsal.apply()
        rehearsal.settle()
        rehearsal.connect(0)
        ask(rehearsal, "GET /first HTTP/1.1\r\nHost: h\r\n\r\n")
        let backend = try #require(rehearsal.backends.first)
        backend.line.pending += Array(Self.answer.utf8)
        backend.line.send()
        rehearsal.settle()
        var pooled = -1
        for target in 0..<rehearsal.worker.targets.count {
            pooled = max(pooled, Int(rehearsal.worker.targets[target].firstPooled))
        }
        try #require(pooled >= 0)
        return (rehearsal, pooled)
    }

    private func ask(_ rehearsal: Rehearsal, _ request: String) {
        rehearsal.clients[0].line.pending += Array(request.utf8)
        rehearsal.clients[0].line.send()
        rehearsal.settle()
    }

    /// The connection takes bytes again.
    private func unblock(_ rehearsal: Rehearsal, _ index: Int) {
        rehearsal.worker.connections[index].flags.remove(.writeBlocked)
        rehearsal.worker.relay(Int(rehearsal.worker.connections[index].exchange))
        rehearsal.settle()
    }

    private func text(_ line: Line) -> String {
        line.receive()
        return String(decoding: line.received, as: UTF8.self)
    }

    @Test func `a request is routed when its first bytes go out, at once or later`() throws {
        let (rehearsal, pooled) = try prepared()
        let before = rehearsal.worker.counters.byteCounts(upstream: 0).sent
        rehearsal.worker.connections[pooled].flags.insert(.writeBlocked)
        ask(rehearsal, "GET /second HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(rehearsal.worker.counters.routedCount(lane: 0, by: .sequence) == 1)
        unblock(rehearsal, pooled)
        #expect(rehearsal.worker.counters.routedCount(lane: 0, by: .sequence) == 2)
        // The second request is longer by one letter, and by the same fields.
        let sent = rehearsal.worker.counters.byteCounts(upstream: 0).sent
        #expect(sent == 2 * before + 1)
        #expect(text(rehearsal.backends[0].line).utf8.count == sent)
    }

    @Test func `what may not be done twice is not sent again when it went out later`() throws {
        let (rehearsal, pooled) = try prepared()
        rehearsal.worker.connections[pooled].flags.insert(.writeBlocked)
        ask(rehearsal, "POST /second HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
        unblock(rehearsal, pooled)
        let line = rehearsal.backends[0].line
        #expect(text(line).contains("POST /second"))
        line.close()
        rehearsal.settle()
        #expect(rehearsal.backends.count == 1)
        #expect(text(rehearsal.clients[0].line).contains("HTTP/1.1 502"))
    }

    @Test func `what could not be sent at all goes out elsewhere, whatever it is`() throws {
        let (rehearsal, pooled) = try prepared()
        rehearsal.worker.connections[pooled].flags.insert(.writeBlocked)
        ask(rehearsal, "POST /second HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        rehearsal.backends[0].line.reset()
        rehearsal.settle()
        let second = try #require(rehearsal.backends.dropFirst().first)
        #expect(text(second.line).hasSuffix("\r\n\r\nhi"))
        #expect(rehearsal.worker.counters.routedCount(lane: 0, by: .sequence) == 2)
    }
}
