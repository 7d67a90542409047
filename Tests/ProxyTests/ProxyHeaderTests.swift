import Addressing
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// The header of the PROXY protocol, at listeners and towards targets.
    @Suite
    struct ProxyHeaderTests {
        private static let here = [CIDR(around: IPAddress(ipv4: 0x7f00_0001), prefix: 128)]
        private static let line = "PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n"

        private func listening(
            _ ports: [UInt16], mode: ListenerMode = .http, trusted: [CIDR] = here,
            limits: ListenerLimits = ListenerLimits(),
            client: ListenerTimeouts = ListenerTimeouts(),
            sends: ProxyHeaderVersion? = nil
        ) -> Snapshot {
            TCPTests.snapshot(
                [ports], client: client, limits: limits, trusted: trusted, requiresHeader: true,
                sends: sends, mode: mode)
        }

        private static func ok(_ request: Message) -> String {
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        }

        @Test(arguments: [1, 7, 1_000])
        func `who is announced is the client, in however many pieces that is said`(
            step: Int
        ) async throws {
            let origin = try Target()
            let stage = try await TCPTests.stage(listening([origin.port]))
            let client = try stage.client()
            let bytes = Array((Self.line + "GET / HTTP/1.1\r\nHost: a\r\n\r\n").utf8)
            for start in stride(from: 0, to: bytes.count, by: step) {
                client.send(bytes[start..<min(start + step, bytes.count)])
                await stage.settle()
            }
            let server = try origin.accept()
            let request = try server.request()
            #expect(request["x-forwarded-for"] == "192.0.2.7")
            server.send(Self.ok(request))
            #expect(try client.answer().status == 200)
            client.close()
            server.close()
            await stage.end()
        }

        @Test(arguments: [ListenerMode.http, .tcp])
        func `what does not begin with a header is closed and counted`(mode: ListenerMode)
            async throws
        {
            let samples: [(String, ProxyHeaderRefusal)] = [
                ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", .missing),
                ("\u{16}\u{3}\u{1}", .missing),
                ("PROXY TCP4 a b c d\r\n", .malformed),
                ("PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n", .unsupported),
                ("PROXY UNKNOWN " + String(repeating: "x", count: 200), .tooLong),
            ]
            let origin = try Target()
            let stage = try await TCPTests.stage(listening([origin.port], mode: mode))
            for (text, _) in samples {
                let client = try stage.client()
                client.send(text)
                #expect(client.receiveAll() == .reset)
                #expect(client.received.isEmpty)
            }
            let counters = await stage.counters {
                $0.proxyHeaderRefusalCount(listener: 0, .missing) == 2
            }
            for (_, refusal) in samples {
                #expect(counters.proxyHeaderRefusalCount(listener: 0, refusal) > 0, "\(refusal)")
            }
            await stage.end()
        }

        @Test func `who is not trusted may not announce anybody`() async throws {
            let stage = try await TCPTests.stage(
                listening([1], trusted: [CIDR(around: IPAddress(ipv4: 0x0a00_0000), prefix: 104)]))
            let client = try stage.client()
            client.send(Self.line)
            #expect(client.receiveAll() == .reset)
            let counters = await stage.counters {
                $0.proxyHeaderRefusalCount(listener: 0, .untrusted) == 1
            }
            #expect(counters.proxyHeaderRefusalCount(listener: 0, .untrusted) == 1)
            await stage.end()
        }

        @Test func `a header that does not become whole is not waited for without end`()
            async throws
        {
            let stage = try await TCPTests.stage(
                listening([1], client: ListenerTimeouts(handshakeMilliseconds: 200)))
            let client = try stage.client()
            client.send("PROXY TCP4 ")
            #expect(client.receiveAll() == .reset)
            let other = try stage.client()
            other.send("PROXY ")
            other.endSending()
            #expect(other.receiveAll() == .reset)
            let counters = await stage.counters {
                $0.proxyHeaderRefusalCount(listener: 0, .timeout) == 1
                    && $0.proxyHeaderRefusalCount(listener: 0, .closed) == 1
            }
            #expect(counters.proxyHeaderRefusalCount(listener: 0, .timeout) == 1)
            #expect(counters.proxyHeaderRefusalCount(listener: 0, .closed) == 1)
            await stage.end()
        }

        @Test func `connections are limited by the client that is announced`() async throws {
            let target = try Target()
            let stage = try await TCPTests.stage(
                listening(
                    [target.port], mode: .tcp, limits: ListenerLimits(connectionsPerClient: 1)))
            let first = try stage.client()
            first.send(Self.line + "a")
            let server = try target.accept()
            let second = try stage.client()
            second.send(Self.line + "b")
            #expect(second.receiveAll() == .reset)
            let third = try stage.client()
            third.send("PROXY TCP4 192.0.2.9 192.0.2.8 1234 443\r\nc")
            let other = try target.accept()
            #expect(other.receive())
            #expect(other.received == Array("c".utf8))
            for peer in [first, third, server, other] { peer.close() }
            await stage.end()
        }

        @Test func `what was announced goes on to targets`() async throws {
            let target = try Target()
            let stage = try await TCPTests.stage(
                listening([target.port], mode: .tcp, sends: .v1))
            let client = try stage.client()
            client.send(Self.line + "hello")
            let server = try target.accept()
            while server.received.count < Self.line.utf8.count + 5, server.receive() {}
            #expect(String(decoding: server.received, as: UTF8.self) == Self.line + "hello")
            client.close()
            server.close()
            await stage.end()
        }

        @Test(arguments: [ProxyHeaderVersion.v1, .v2])
        func `a target is told of its client, and its connection serves no other`(
            version: ProxyHeaderVersion
        ) async throws {
            let target = try Target()
            let stage = try await TCPTests.stage(
                TCPTests.snapshot([[target.port]], sends: version, mode: .http))
            for _ in 0..<2 {
                let client = try stage.client()
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let server = try target.accept()
                let begin: [UInt8] =
                    version == .v1
                    ? Array("PROXY TCP4 127.0.0.1 127.0.0.1 ".utf8)
                    : [
                        0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21,
                        0x11,
                    ]
                while !server.received.contains(UInt8(ascii: "G")), server.receive() {}
                #expect(server.received.starts(with: begin))
                server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                #expect(try client.answer().status == 200)
                while server.receive() {}
                #expect(server.end == .ended)
                server.close()
                client.close()
            }
            await stage.end()
        }

        @Test func `a pooled connection that has announced nobody is not used any more`()
            async throws
        {
            let target = try Target()
            let stage = try await TCPTests.stage(TCPTests.snapshot([[target.port]], mode: .http))
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let server = try target.accept()
            server.send(Self.ok(try server.request()))
            _ = try client.answer()
            try await stage.apply(TCPTests.snapshot([[target.port]], sends: .v1, mode: .http))
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let next = try target.accept()
            #expect(next.receive())
            #expect(next.received.starts(with: Array("PROXY TCP4 ".utf8)))
            next.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = try client.answer()
            for peer in [client, server, next] { peer.close() }
            await stage.end()
        }

        @Test func `a check begins with a header that speaks for nobody`() async throws {
            let target = try Target()
            let stage = try await TCPTests.stage(TCPTests.snapshot([[target.port]]))
            let preamble = Array("PROXY UNKNOWN\r\n".utf8)
            let probe = Probe(
                address: SocketAddress(version4: 0x7f00_0001, port: target.port),
                question: .connection, timeoutMilliseconds: 20_000, preamble: preamble)
            async let outcome = stage.plane.probe(probe, byWorker: 0)
            let server = try await target.accepted()
            #expect(server.receiveAll() == .ended)
            #expect(server.received == preamble)
            #expect(await outcome == .connected)
            await stage.end()
        }
    }
}
