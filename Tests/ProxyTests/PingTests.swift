import HTTP2
import Settings
import Telemetry
import Testing

@testable import Proxy

extension LiveTests {
    /// Connections of HTTP/2 with open streams are asked for signs of life.
    @Suite struct PingTests {
        private static let interval = 200

        @Test func `a client that gives no sign of life is closed, and its request given up`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(pingMilliseconds: Self.interval),
                version: .http2)
            let client = try stage.streamClient()
            _ = try client.get()
            let server = try target.acceptStreams()
            let (stream, _) = try server.request()
            // Whatever comes is read and not answered.
            while client.peer.receive() { _ = client.peer.takeReceived() }
            #expect(server.receive(until: { server.requests[stream]?.code != nil }))
            #expect(server.requests[stream]?.code == HTTP2Code.cancel)
            let counters = await stage.counters { $0.http2[.silent] == 1 }
            #expect(counters.http2[.silent] == 1)
            await stage.end()
        }

        @Test func `a client that answers waits for as long as it likes`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(pingMilliseconds: Self.interval),
                version: .http2)
            let client = try stage.streamClient()
            let asked = try client.get()
            let server = try target.acceptStreams()
            let (stream, _) = try server.request()
            // Its SETTINGS, the answer to ours, and then nothing but questions.
            for _ in 0..<6 { #expect(client.receive()) }
            server.answer(stream)
            #expect(try client.answer(asked).status == 200)
            let counters = await stage.counters { _ in true }
            #expect(counters.http2[.silent] == 0)
            client.peer.close()
            await stage.end()
        }

        @Test func `a target that gives no sign of life is given up`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(pingMilliseconds: Self.interval),
                version: .http2)
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")
            let server = try target.acceptStreams()
            _ = try server.request()
            // Its kernel takes what comes; nobody reads it.
            #expect(try client.answer().startLine.contains(" 502 "))
            client.close()
            await stage.end()
        }

        @Test func `a target that answers is waited for`() async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(pingMilliseconds: Self.interval),
                version: .http2)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let server = try target.acceptStreams()
            for number in 0..<2 {
                // The second time the connection was idle before.
                if number > 0 { client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
                let (stream, _) = try server.request(number)
                for _ in 0..<4 { #expect(server.receive()) }
                server.answer(stream)
                #expect(try client.answer().startLine == "HTTP/1.1 200 OK")
            }
            client.close()
            await stage.end()
        }
    }
}
