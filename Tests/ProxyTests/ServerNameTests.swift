import Addressing
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Tcp listeners that choose by the name that a TLS client asks for.
    @Suite
    struct ServerNameTests {
        /// The first message of a client, in one record for each `size` bytes.
        static func hello(_ name: String?, recordBytes size: Int = 16_384) -> [UInt8] {
            func number(_ value: Int, _ size: Int) -> [UInt8] {
                (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            }
            var extensions: [UInt8] = []
            if let name {
                let entry = [0] + number(name.utf8.count, 2) + Array(name.utf8)
                extensions = [0, 0] + number(entry.count + 2, 2) + number(entry.count, 2) + entry
            }
            var body: [UInt8] =
                [3, 3] + Array(repeating: 7, count: 32) + [0, 0, 2, 0x13, 0x01, 1, 0]
            body += number(extensions.count, 2) + extensions
            let message = [1] + number(body.count, 3) + body
            return stride(from: 0, to: message.count, by: size).flatMap { start in
                let part = message[start..<min(start + size, message.count)]
                return [22, 3, 1] + number(part.count, 2) + part
            }
        }

        /// Names below b.example go to y, everything else to x.
        private func snapshot(
            _ x: UInt16, _ y: UInt16, client: ListenerTimeouts = ListenerTimeouts()
        ) -> Snapshot {
            let when = WhenSettings([.serverName(["*.b.example", "b.example"])])
            var snapshot = TCPTests.snapshot(
                [[x], [y]], weights: [1, 0], client: client,
                routes: [RouteSettings(when: when, split: "other")])
            snapshot.splits.append(
                SplitSettings(
                    name: "other", members: ["x", "y"], weights: Stage.weights([0, 1]), stable: "x")
            )
            return snapshot
        }

        @Test(arguments: [
            ("a.b.example", true), ("B.EXAMPLE", true), ("b.example.", true),
            ("b.example.org", false),
            ("xb.example", false), (nil, false),
        ])
        func `the name decides, and every byte goes on`(name: String?, isOther: Bool) async throws {
            let (x, y) = (try Target(), try Target())
            let stage = try await TCPTests.stage(snapshot(x.port, y.port))
            let bytes = Self.hello(name) + Array("and what follows".utf8)
            let client = try stage.client()
            client.send(bytes)
            let server = try (isOther ? y : x).accept()
            while server.received.count < bytes.count, server.receive() {}
            #expect(server.received == bytes)
            client.close()
            server.close()
            await stage.end()
        }

        @Test(arguments: [1, 3, 50]) func `it may come in any pieces`(step: Int) async throws {
            let (x, y) = (try Target(), try Target())
            let stage = try await TCPTests.stage(snapshot(x.port, y.port))
            let bytes = Self.hello("b.example", recordBytes: step)
            let client = try stage.client()
            for start in stride(from: 0, to: bytes.count, by: step) {
                client.send(bytes[start..<min(start + step, bytes.count)])
            }
            let server = try y.accept()
            while server.received.count < bytes.count, server.receive() {}
            #expect(server.received == bytes)
            let counters = await stage.counters { $0.clientHelloCount(listener: 0, .named) == 1 }
            #expect(counters.clientHelloCount(listener: 0, .named) == 1)
            client.close()
            server.close()
            await stage.end()
        }

        @Test func `what is no TLS is closed and counted`() async throws {
            let samples: [([UInt8], ClientHelloResult)] = [
                (Array("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n".utf8), .notTLS),
                ([22, 3, 1, 0, 0], .malformed),
                ([22, 3, 1, 0, 4, 1, 0xff, 0, 0], .tooLarge),
            ]
            let (x, y) = (try Target(), try Target())
            let stage = try await TCPTests.stage(
                snapshot(x.port, y.port, client: ListenerTimeouts(handshakeMilliseconds: 200)))
            for (bytes, _) in samples {
                let client = try stage.client()
                client.send(bytes)
                #expect(client.receiveAll() == .reset)
            }
            let slow = try stage.client()
            slow.send(Self.hello("b.example").prefix(20))
            #expect(slow.receiveAll() == .reset)
            let gone = try stage.client()
            gone.send(Self.hello("b.example").prefix(20))
            gone.endSending()
            #expect(gone.receiveAll() == .reset)
            let kinds = samples.map(\.1) + [.timeout, .closed]
            let counters = await stage.counters { counters in
                kinds.allSatisfy { counters.clientHelloCount(listener: 0, $0) == 1 }
            }
            for kind in kinds {
                #expect(counters.clientHelloCount(listener: 0, kind) == 1, "\(kind)")
            }
            #expect(try x.acceptNow() == nil)
            #expect(try y.acceptNow() == nil)
            await stage.end()
        }

        @Test func `a pin takes a name to its member`() async throws {
            let (x, y) = (try Target(), try Target())
            var snapshot = TCPTests.snapshot([[x.port], [y.port]], weights: [1, 0])
            snapshot.splits = [
                SplitSettings(
                    name: "kong", members: ["x", "y"], weights: Stage.weights([1, 0]), stable: "x",
                    pins: [
                        PinSettings(when: WhenSettings([.serverName(["y.example"])]), upstream: "y")
                    ])
            ]
            let stage = try await TCPTests.stage(snapshot)
            let pinned = try stage.client()
            pinned.send(Self.hello("y.example"))
            #expect(try y.accept().receive())
            let other = try stage.client()
            other.send(Self.hello("z.example"))
            #expect(try x.accept().receive())
            pinned.close()
            other.close()
            await stage.end()
        }
    }
}
