import Proxy
import Telemetry
import Testing

extension LiveTests {
    /// Connections that change to another protocol.
    @Suite
    struct TunnelTests {
        private static let asking =
            "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\n"
            + "Upgrade: websocket\r\n\r\n"
        private static let agreeing =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
            + "Upgrade: websocket\r\n\r\n"

        @Test
        func `bytes go both ways until both sides have ended`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send(Self.asking + "early")
            let upstream = try target.accept()
            let request = try upstream.request()
            #expect(request["connection"] == "upgrade" && request["upgrade"] == "websocket")
            upstream.send(Self.agreeing + "first")
            try await expect(client, toReceive: Self.agreeing + "first")
            try await expect(upstream, toReceive: "early")
            client.send("ping")
            try await expect(upstream, toReceive: "earlyping")
            client.endSending()
            #expect(upstream.receiveAll() == .ended)
            upstream.send("late")
            upstream.close()
            #expect(client.receiveAll() == .ended)
            #expect(text(client) == Self.agreeing + "firstlate")
            let counters = await stage.counters { $0.requestCount(lane: 0, code: 101) == 1 }
            #expect(counters.requestCount(lane: 0, code: 101) == 1)
            #expect(counters.durationHistogram(lane: 0).count == 0)
            await stage.end()
        }

        @Test
        func `a switch that nobody asked for is no answer`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(Self.agreeing + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            let answer = try client.answer()
            #expect(answer.status == 502)
            #expect(answer["x-sluice-error"] == "unrequested_upgrade")
            client.close()
            await stage.end()
        }

        @Test
        func `a target that declines gives an ordinary answer`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send(Self.asking)
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno")
            let answer = try client.answer()
            #expect(answer.status == 426 && answer.text == "no")
            #expect(answer["connection"] == nil)
            client.close()
            await stage.end()
        }

        private func expect(_ peer: Peer, toReceive wanted: String) async throws {
            while text(peer).utf8.count < wanted.utf8.count, peer.receive() {}
            #expect(text(peer) == wanted)
        }

        private func text(_ peer: Peer) -> String { String(decoding: peer.received, as: UTF8.self) }
    }
}
