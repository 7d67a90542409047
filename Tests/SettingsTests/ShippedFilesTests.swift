import Addressing
import Splitting
import Testing

@testable import Settings

/// The files of conf/ as they are shipped.
struct ShippedFilesTests {
    @Test func `the commented configuration is the 90 to 10 case`() throws {
        let path = repositoryPath("conf/sluice.yaml")
        let reading = try SettingsReader.read(path, environment: [:])
        let folder = repositoryPath("conf/")

        #expect(reading.warnings.isEmpty)
        #expect(reading.weights.errors.isEmpty)
        #expect(reading.snapshot.splits == [kong("90", "10")])
        let kong = reading.snapshot.splits[0]
        #expect(reading.weights.weights(of: kong) == kong.weights)
        #expect(reading.snapshot.weightsFile == folder + "weights.yaml")
        #expect(reading.snapshot.stateDirectory == folder + "../state")
        #expect(reading.snapshot.control == ControlSettings(socket: folder + "../sluice.sock"))
        #expect(reading.snapshot.shutdown == ShutdownTimes())
        #expect(reading.snapshot.accessLog == nil)
        #expect(reading.snapshot.listeners[0].timeouts == ListenerTimeouts())
        #expect(reading.snapshot.listeners[0].limits == ListenerLimits())
        for upstream in reading.snapshot.upstreams {
            #expect(upstream.timeouts == UpstreamTimeouts())
            #expect(upstream.limits == UpstreamLimits())
            #expect(upstream.retries == RetrySettings())
            #expect(upstream.health == nil)
            #expect(upstream.ejection == nil)
            #expect(!upstream.isKong)
            #expect(upstream.slowStartMilliseconds == 0)
            #expect(upstream.resolveIntervalMilliseconds == 10_000)
        }
    }

    @Test func `the commented configuration names every key that works`() throws {
        let bytes = try DiskFiles.read(repositoryPath("conf/sluice.yaml")).get()
        let text = String(decoding: bytes, as: UTF8.self)
        for key in keyTables.flatMap(\.table.known) {
            let whole = try Regex("[^a-z_]\(key):")
            #expect(text.contains(whole), "\(key)")
        }
    }

    @Test func `what the commented configuration has commented out works too`() throws {
        let bytes = try DiskFiles.read(repositoryPath("conf/sluice.yaml")).get()
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        let active = lines.map { $0.replacing(/^( *)# ( *[a-z_]+:( |$))/) { "\($0.1)\($0.2)" } }
        let reading = try SettingsReader.read(
            "sluice.yaml", environment: ["STICKY_SECRET": "0123456789abcdef"],
            files: files([
                "sluice.yaml": active.joined(separator: "\n"),
                "weights.yaml": "kong: {x: 90, y: 10}\nadmin_x: {x_admin: 1}",
            ]))

        #expect(reading.warnings.isEmpty)
        #expect(reading.snapshot.accessLog == AccessLogSettings(to: .file("../logs/access.log")))
        let limits = reading.snapshot.listeners[0].limits
        #expect(
            limits
                == ListenerLimits(
                    connections: 10_000, connectionsPerClient: 100, bodyBytes: 10 << 20))
        #expect(reading.snapshot.listeners[0].exposesUpstream)
        #expect(reading.snapshot.listeners[0].routes.map(\.split) == ["kong"])
        let split = try #require(reading.snapshot.splits.first { $0.name == "kong" })
        #expect(
            split.sticky?.keys == [
                .header("apikey"), .header("authorization"), .cookie("session"), .clientIP,
            ])
        #expect(split.pins.map(\.upstream) == ["y"])
        #expect(split.pins.first?.when.asksForClient == true)
        let x = reading.snapshot.upstreams[0]
        #expect(
            x.timeouts
                == UpstreamTimeouts(totalMilliseconds: 300_000, pingMilliseconds: 30_000))
        #expect(x.limits == UpstreamLimits(inflightPerTarget: 500, requestsPerConnection: 1_000))
        #expect(x.ejection == EjectionSettings())
        #expect(x.isKong)
        let json = HealthSettings.JSONCondition(path: ["database", "reachable"], value: "true")
        #expect(
            x.health
                == HealthSettings(
                    kind: .http, port: 8_100, path: "/status", expect: .init(json: json)))
    }

    @Test func `the minimal configuration has the presets`() throws {
        let path = repositoryPath("conf/minimal.yaml")
        let reading = try SettingsReader.read(path, environment: [:])

        #expect(reading.warnings.isEmpty)
        #expect(reading.weights == .settings)
        #expect(reading.snapshot == minimalSnapshot)
    }

    @Test func `the configuration of TLS speaks it on both sides`() throws {
        let path = repositoryPath("conf/tls.yaml")
        let reading = try SettingsReader.read(
            path, environment: ["CERTIFICATES": "/etc/sluice/tls"])

        #expect(reading.warnings.isEmpty)
        let tls = try #require(reading.snapshot.listeners.first?.tls)
        #expect(
            tls.certificates.map(\.certificate.path) == [
                "/etc/sluice/tls/api-ecdsa.pem", "/etc/sluice/tls/api-rsa.pem",
            ])
        #expect(tls.profile == .intermediate)
        #expect(tls.verification == .none)
        #expect(reading.snapshot.upstreams.allSatisfy { $0.tls?.verifies == true })
    }

    /// The variables of docker/kong-upgrade/compose.yaml, and none at all.
    private static let surroundings = [
        [:], ["BIND": "*", "TESTERS": "172.30.0.1", "WATCH": "10m"],
    ]

    @Test(arguments: surroundings)
    func `the configuration of an upgrade begins with all traffic at the old side`(
        _ environment: [String: String]
    ) throws {
        let path = repositoryPath("conf/kong-upgrade/sluice.yaml")
        let reading = try SettingsReader.read(path, environment: environment)

        #expect(reading.warnings.isEmpty, "\(reading.warnings)")
        #expect(reading.weights.errors.isEmpty)
        let split = try #require(reading.snapshot.splits.first { $0.name == "kong" })
        #expect(split.weights == [weight("100"), weight("0")])
        #expect(reading.weights.weights(of: split) == split.weights)
        #expect(split.stable == "x")
        #expect(split.candidate == "y")
        #expect(split.pins.map(\.upstream) == ["y", "x"])
        #expect(split.pins.allSatisfy { $0.when.asksForClient })
        let guards = reading.snapshot.listeners.compactMap(\.guarding)
        #expect(guards.map(\.upstream) == ["x", "y"])
        let clusters = reading.snapshot.upstreams.filter { ["x", "y"].contains($0.name) }
        #expect(clusters.count == 2)
        #expect(clusters.allSatisfy { $0.isKong && $0.health?.kind == .kong })
        #expect(clusters.allSatisfy { $0.admin != nil })
        #expect(reading.snapshot.stateDirectory != nil)
    }

    @Test func `the configuration of the package begins with all traffic at x`() throws {
        let folder = repositoryPath("packaging/")
        let reading = try SettingsReader.read(
            "/etc/sluice/sluice.yaml", environment: [:],
            files: { path in
                let name = path.split(separator: "/").last.map(String.init) ?? ""
                return DiskFiles.read(folder + name)
            })
        #expect(reading.warnings.isEmpty && reading.weights.errors.isEmpty)
        let split = try #require(reading.snapshot.splits.first)
        #expect(split.weights == [weight("100"), weight("0")])
        #expect(reading.snapshot.weightsFile == "/etc/sluice/weights/weights.yaml")
        #expect(reading.snapshot.stateDirectory == "/var/lib/sluice/state")
    }

    @Test func `the configuration in Kubernetes takes its weights from the other map`() throws {
        let texts = [
            "/etc/sluice/config/sluice.yaml": try kubernetesText("configuration.yaml"),
            "/etc/sluice/weights/weights.yaml": try kubernetesText("weights.yaml"),
        ]
        let reading = try SettingsReader.read(
            "/etc/sluice/config/sluice.yaml", environment: [:], files: files(texts))
        #expect(reading.warnings.isEmpty && reading.weights.errors.isEmpty)
        #expect(reading.snapshot.weightsFile == "/etc/sluice/weights/weights.yaml")
        #expect(reading.snapshot.upstreams.allSatisfy { $0.isKong && $0.health?.kind == .kong })
    }

    @Test func `the configuration of a hybrid Kong passes connections on by their names`() throws {
        let path = repositoryPath("conf/kong-hybrid/sluice.yaml")
        let reading = try SettingsReader.read(path, environment: [:])

        #expect(reading.warnings.isEmpty, "\(reading.warnings)")
        #expect(reading.weights.errors.isEmpty)
        #expect(reading.snapshot.listeners.map(\.address.port) == [8005, 8006])
        #expect(reading.snapshot.listeners.allSatisfy { $0.mode == .tcp })
        #expect(
            reading.snapshot.listeners.allSatisfy { listener in
                listener.routes.contains(where: \.when.asksForServerName)
            })
        for split in reading.snapshot.splits {
            #expect(reading.weights.weights(of: split) == split.weights)
        }
    }

    @Test func `the containers of an upgrade begin with the same weights`() throws {
        let shipped = try DiskFiles.read(repositoryPath("conf/kong-upgrade/weights.yaml")).get()
        let mounted = try DiskFiles.read(
            repositoryPath("docker/kong-upgrade/weights/weights.yaml")
        ).get()
        #expect(shipped == mounted)
    }
}
