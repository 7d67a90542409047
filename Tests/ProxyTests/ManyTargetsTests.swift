import Addressing
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// Upstreams with more targets than an exchange has marks for.
    @Suite
    struct ManyTargetsTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

        /// So many targets that refuse, at addresses of their own, and some that are there.
        private static func snapshot(dead: UInt32, _ live: [UInt16], y: UInt16) -> Snapshot {
            var snapshot = Stage.snapshot([[1], [y]], weights: [1_000_000, 1])
            let refusing = (1...dead).map {
                AddressSetting(host: .ip(IPAddress(ipv4: 0x7f00_0001 + $0)), port: 1)
            }
            snapshot.upstreams[0] = UpstreamSettings(
                name: "x",
                targets: (refusing + live.map(Stage.address)).map { TargetSettings(address: $0) })
            return snapshot
        }

        private func origin(_ name: String) throws -> Origin {
            try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(name)" }
        }

        /// 64, 128 and more: targets share the marks of those that refused.
        @Test(
            arguments: [63, 64, 65, 128, 200] as [UInt32], [TargetStanding.Health.sound, .degraded])
        func `the only one that is there is found behind all that refuse`(
            dead: UInt32, health: TargetStanding.Health
        ) async throws {
            let (x, y) = (try origin("x"), try origin("y"))
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage([[x.port]])
            try await stage.apply(Self.snapshot(dead: dead, [x.port], y: y.port))
            await stage.stand([x.port: TargetStanding(health: health)])
            for _ in 0..<5 {
                let client = try stage.client()
                client.send(Self.get)
                #expect(try client.answer().text == "x")
                client.close()
            }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 0, by: .sequence) == 5)
            await stage.end()
        }

        @Test
        func `all are tried before the share shifts, and none for ever`() async throws {
            let y = try origin("y")
            defer { y.stop() }
            let stage = try await Stage([[1]])
            try await stage.apply(Self.snapshot(dead: 150, [], y: y.port))
            let client = try stage.client()
            client.send(Self.get)
            #expect(try client.answer().text == "y")
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            // Some are asked twice, as their mark is another's too.
            #expect((150...300).contains(counters.failureCount(lane: 0, kind: .connect)))
            await stage.end()
        }
    }
}
