import Foundation
import TLS
import Testing

/// conf/kong-hybrid as it is shipped, but for its ports and with one worker: data planes hold long
/// connections through it, in a TLS that Sluice does not end.
@Suite(.serialized, .ownThreads)
struct KongHybridTests {
    let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("plane", for: [], subject: "/CN=data-plane")
    }

    /// A control plane of that side: it wants a certificate, and says who it is.
    private func controlPlane(_ name: String) throws -> Nginx {
        let folder = certificates.folder
        try certificates.make(name, for: ["cp.kong.example", "legacy.kong.example"])
        return try Nginx(
            name,
            tls: "ssl_certificate \(folder["\(name).pem"]); "
                + "ssl_certificate_key \(folder["\(name).key"]); "
                + "ssl_client_certificate \(folder["ca.pem"]); ssl_verify_client on;")
    }

    /// The shipped files, with ports of this test's.
    private static func files(_ ports: [String: UInt16]) throws -> [String: String] {
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("conf/kong-hybrid")
        var files: [String: String] = [:]
        for name in ["sluice.yaml", "weights.yaml"] {
            let file = folder.appendingPathComponent(name)
            files[name] = try String(contentsOf: file, encoding: .utf8)
        }
        var text = files["sluice.yaml"] ?? ""
        var changes = [
            (":8005", ":0"), (":8006", ":0"), (":9901", ":0"), ("../../", ""),
        ]
        for (variable, port) in ports {
            for preset in [18_005, 28_005, 18_006, 28_006] {
                changes.append(("${\(variable):-\(preset)}", "\(port)"))
            }
        }
        for (old, new) in changes { text = text.replacing(old, with: new) }
        // Two workers close theirs at the same moment, in no order.
        files["sluice.yaml"] = text + "workers: 1\n"
        return files
    }

    /// One long connection of a data plane, to whatever control plane it was led.
    private final class DataPlane {
        private let tls: TLSWire

        init(_ port: UInt16, _ certificates: Certificates, name: String) throws {
            var options = TLSClientOptions()
            options.authority = certificates.folder["ca.pem"]
            options.certificate = try TLSCertificate(
                certificate: certificates.folder["plane.pem"],
                key: certificates.folder["plane.key"])
            let session = try TLSClient(options).session(
                for: name, isAddress: false, resuming: TLSResumptionSlot())
            guard let session else { throw WireError.malformed("no session") }
            tls = TLSWire(try Wire(port: port), session)
            try tls.handshake()
        }

        /// Whom it is connected to; throws when the connection was broken off.
        func side() throws -> String {
            try tls.send("GET / HTTP/1.1\r\nHost: cp\r\n\r\n")
            let head = try tls.take(through: "\r\n\r\n")
            let line = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
            let count = line.flatMap { Int($0.dropFirst(16)) } ?? 0
            return String(decoding: try tls.take(count), as: UTF8.self)
        }
    }

    private func live(_ sluice: Sluice) throws -> [String: Int] {
        let page = try sluice.metrics()
        let upstreams = ["x", "y", "x-telemetry", "y-telemetry"]
        let counts = upstreams.map {
            ($0, page.sum("sluice_tcp_connections", ["upstream": $0]))
        }
        return Dictionary(uniqueKeysWithValues: counts)
    }

    /// How many connections `sluice status` shows at an upstream.
    private func shown(_ sluice: Sluice, _ upstream: String) throws -> Int? {
        let lines = try sluice.command("status").output.split(separator: "\n")
        guard let start = lines.firstIndex(where: { $0.contains("long-lived at") }) else {
            return nil
        }
        let words = lines[start...].lazy.map { $0.split(separator: " ") }
        return words.first { $0.first == Substring(upstream) }.flatMap { Int($0[1]) }
    }

    @Test func `data planes stay, and a shift takes them where the weights are`() throws {
        let (x, y) = (try controlPlane("x"), try controlPlane("y"))
        let (xTelemetry, yTelemetry) = (
            try controlPlane("x-telemetry"), try controlPlane("y-telemetry")
        )
        let sluice = try Sluice(
            files: try Self.files([
                "X_CLUSTER_PORT": x.port, "Y_CLUSTER_PORT": y.port,
                "X_TELEMETRY_PORT": xTelemetry.port, "Y_TELEMETRY_PORT": yTelemetry.port,
            ]), listener: "cluster")
        guard let telemetryPort = sluice.loggedPort("listener telemetry: on ") else {
            throw TimedOut("no port")
        }
        let connect = { (port: UInt16, name: String) in
            try DataPlane(port, certificates, name: name)
        }
        var planes = try (0..<20).map { _ in try connect(sluice.port, "cp.kong.example") }
        let telemetry = try (0..<6).map { _ in try connect(telemetryPort, "cp.kong.example") }
        let legacy = try connect(sluice.port, "legacy.kong.example")
        for plane in planes + [legacy] { #expect(try plane.side() == "x") }
        for plane in telemetry { #expect(try plane.side() == "x-telemetry") }

        // A change of weights leaves them alone; who comes from then on follows it.
        let change = try sluice.command("split", "cluster", "x=50", "y=50")
        #expect(change.status == 0, "\(change.errors)")
        for plane in planes { #expect(try plane.side() == "x") }
        #expect(try shown(sluice, "x") == 21)
        #expect(try shown(sluice, "x-telemetry") == 6)
        #expect(try shown(sluice, "y") == nil)
        do {
            let late = try (0..<4).map { _ in try connect(sluice.port, "cp.kong.example") }
            #expect(try late.map { try $0.side() }.sorted() == ["x", "x", "y", "y"])
            #expect(try shown(sluice, "y") == 2)
        }
        #expect(try eventually { try live(sluice)["x"] == 21 && live(sluice)["y"] == 0 })

        let shift = try sluice.command("shift", "cluster", "--max-age", "0s", "--over", "5s")
        #expect(shift.status == 0, "\(shift.errors)")
        // Both splits that have connections at x have their own account.
        #expect(shift.output.contains("20 of 20 at x"), "\(shift.output)")
        try follow(&planes, through: sluice) { try connect(sluice.port, "cp.kong.example") }

        let sides = try planes.map { try $0.side() }
        #expect(abs(sides.count { $0 == "y" } - 10) <= 1, "\(sides)")
        #expect(try shown(sluice, "y") == sides.count { $0 == "y" })
        #expect(try shown(sluice, "x") == sides.count { $0 == "x" } + 1)
        // Nobody else was touched.
        #expect(try legacy.side() == "x")
        for plane in telemetry { #expect(try plane.side() == "x-telemetry") }
    }

    /// Data planes that are closed connect again at once, until the shift is over; those that were
    /// there first must go first.
    private func follow(
        _ planes: inout [DataPlane], through sluice: Sluice,
        connect: () throws -> DataPlane
    ) throws {
        var isFirst = planes.map { _ in true }
        let isOver = try eventually {
            // From the youngest on: who is found closed, behind that one all older ones must be.
            var isOneGone = false
            for index in planes.indices.reversed() {
                let isGone = (try? planes[index].side()) == nil
                if isFirst[index] {
                    #expect(isGone || !isOneGone, "\(index) lives longer than a younger one")
                    if isGone { isOneGone = true }
                }
                guard isGone else { continue }
                isFirst[index] = false
                planes[index] = try connect()
            }
            return try sluice.control("GET", "/v1/status").text.contains(#""running": false"#)
        }
        #expect(isOver)
        // One that was closed last may not have been found yet.
        for index in planes.indices where (try? planes[index].side()) == nil {
            planes[index] = try connect()
        }
    }
}
