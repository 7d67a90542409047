import Admin
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// Targets that are given by their names.
    @Suite
    struct NameTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

        /// A resolver of the test's own: it gives loopback addresses with ports, since the port is
        /// all that tells targets of this machine apart.
        private final class Resolver: Sendable {
            private let book = Lock<[String: [UInt16]]>([:])
            private let asked = Lock<[String: Int]>([:])

            func set(_ name: String, _ ports: [UInt16]?) { book.withLock { $0[name] = ports } }

            func count(_ name: String) -> Int { asked.withLock { $0[name] ?? 0 } }

            var lookUp: DataPlane.LookUp {
                { [self] (name, _) throws(NameResolver.Failure) in
                    asked.withLock { $0[name, default: 0] += 1 }
                    guard let ports = book.withLock({ $0[name] }) else {
                        throw NameResolver.Failure(description: "no such name")
                    }
                    return ports.map { SocketAddress(version4: 0x7f00_0001, port: $0) }
                }
            }
        }

        private static func snapshot(
            _ names: [[String]], interval: Int, adjust: (inout UpstreamSettings) -> Void = { _ in }
        ) -> Snapshot {
            var snapshot = Stage.snapshot(names.map { _ in [1] })
            snapshot.upstreams = zip(Stage.names(names.count), names).map { upstream, names in
                var settings = UpstreamSettings(
                    name: upstream,
                    targets: names.map {
                        TargetSettings(address: AddressSetting(host: .name($0), port: 80))
                    }, resolveIntervalMilliseconds: interval)
                adjust(&settings)
                return settings
            }
            return snapshot
        }

        private static func origin(_ name: String) throws -> Origin {
            try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)"
            }
        }

        private static func ask(_ stage: Stage) throws -> String {
            let client = try stage.client()
            defer { client.close() }
            client.send(get)
            return try client.answer().text
        }

        private static func ports(_ stage: Stage) -> [UInt16] {
            stage.plane.resolvedTargets.map(\.address.port)
        }

        @Test
        func `a name that moves is followed, and all of its addresses are used`() async throws {
            let origins = try ["a", "b", "c"].map(Self.origin)
            defer { for origin in origins { origin.stop() } }
            let resolver = Resolver()
            resolver.set("kong", [origins[0].port])
            let ward = try await Ward(
                Stage(lookUp: resolver.lookUp), Self.snapshot([["kong"]], interval: 1_000))
            #expect(try Self.ask(ward.stage) == "a")
            resolver.set("kong", [origins[2].port, origins[1].port])
            try await ward.wait(until: { $0.targets.count == 2 })
            await ward.stage.settle()
            let names = try Set((0..<30).map { _ in try Self.ask(ward.stage) })
            #expect(names == ["b", "c"])
            #expect(ward.log.count("upstream x: targets moved: kong:80 = 127.0.0.1:") == 1)
            await ward.end()
        }

        @Test
        func `a resolver that fails keeps the last answer, and that is told once`() async throws {
            let origin = try Self.origin("a")
            defer { origin.stop() }
            let resolver = Resolver()
            resolver.set("kong", [origin.port])
            let ward = try await Ward(
                Stage(lookUp: resolver.lookUp), Self.snapshot([["kong"]], interval: 1_000))
            for answer in [nil, []] as [[UInt16]?] {
                resolver.set("kong", answer)
                let count = resolver.count("kong")
                try await ward.wait(until: { _ in resolver.count("kong") >= count + 3 })
                #expect(try Self.ask(ward.stage) == "a")
            }
            #expect(ward.log.count("cannot be resolved: no such name; it stays") == 1)
            // Nor is a reload refused for it.
            try await ward.apply(Self.snapshot([["kong"]], interval: 1_500))
            resolver.set("kong", [origin.port])
            try await ward.wait(until: { _ in ward.log.count("resolved again") >= 1 })
            #expect(try Self.ask(ward.stage) == "a")
            await ward.end()
        }

        @Test
        func `a name that nobody knew yet refuses the settings`() async throws {
            let resolver = Resolver()
            let stage = try await Stage(lookUp: resolver.lookUp)
            await #expect(throws: DataPlaneError.self) {
                try await stage.apply(Self.snapshot([["kong"]], interval: 1_000))
            }
            await stage.end()
        }

        @Test
        func `a connect that fails has the name looked up at once, but not again and again`()
            async throws
        {
            let origin = try Self.origin("a")
            defer { origin.stop() }
            let resolver = Resolver()
            // Nobody listens on port 1.
            resolver.set("kong", [1])
            resolver.set("other", [origin.port])
            let ward = try await Ward(
                Stage(lookUp: resolver.lookUp),
                Self.snapshot([["kong"], ["other"]], interval: 3_600_000))
            let began = Instant.now()
            resolver.set("kong", [origin.port])
            try await ward.wait(
                until: { _ in Self.ports(ward.stage) == [origin.port, origin.port] },
                meanwhile: { _ = try? Self.ask(ward.stage) })
            #expect(resolver.count("other") == 1)
            resolver.set("kong", [1])
            let seconds = Int(Instant.now().since(began) / 1_000_000_000)
            #expect(resolver.count("kong") <= seconds + 3)
            await ward.end()
        }

        @Test
        func `a target that moves is a new one: what was known of the old one is not its`()
            async throws
        {
            let origins = try ["a", "b"].map(Self.origin)
            defer { for origin in origins { origin.stop() } }
            let resolver = Resolver()
            resolver.set("kong", [1, origins[0].port])
            let ward = try await Ward(
                Stage(lookUp: resolver.lookUp),
                Self.snapshot([["kong"]], interval: 1_000) { upstream in
                    upstream.health = HealthSettings(
                        kind: .http, intervalMilliseconds: 50, timeoutMilliseconds: 1_000)
                })
            try await ward.wait(for: "ds")
            resolver.set("kong", [origins[1].port, origins[0].port])
            try await ward.wait(until: { $0.targets.allSatisfy { $0.address != "127.0.0.1:1" } })
            try await ward.wait(for: "ss")
            #expect(ward.log.count("down -> sound") == 0)
            await ward.end()
        }
    }
}
