import Foundation
import Testing

/// Targets that speak HTTP/2: nginx, nghttpd, and gRPC's own server.
@Suite(.ownThreads)
struct TargetsOfHTTP2Tests {
    private let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("x", for: ["127.0.0.1"])
    }

    private func sluice(_ port: UInt16, _ keys: String) throws -> Sluice {
        var settings = Settings(x: port)
        settings.keys["x"] = keys
        settings.workers = 1
        return try Sluice(settings)
    }

    private var trust: String { "tls: {ca: \(certificates.folder["ca.pem"])}" }

    /// It says which HTTP it was asked in.
    private func nginx(_ listening: String, isSecure: Bool, requests: Int = 1_000) throws -> Nginx {
        let folder = certificates.folder
        return try Nginx(
            "x", requestsPerConnection: requests,
            tls: isSecure
                ? "ssl_certificate \(folder["x.pem"]); ssl_certificate_key \(folder["x.key"]);"
                : nil,
            listening: listening, locations: "location / { return 200 $server_protocol; }")
    }

    @Test(arguments: [
        ("http2", "http2", "HTTP/2.0"), ("http2", "", ""), ("auto", "http2", "HTTP/2.0"),
        ("auto", "", "HTTP/1.1"), ("http1", "http2", "HTTP/1.1"),
    ])
    func `a target with TLS is spoken to as its upstream says`(
        version: String, listening: String, answer: String
    ) throws {
        let nginx = try nginx(listening, isSecure: true)
        let sluice = try sluice(nginx.port, "protocol: \(version), \(trust)")
        let client = try sluice.connect()
        for _ in 1...5 {
            let got = try client.get("/")
            #expect(got.status == (answer.isEmpty ? 502 : 200))
            if !answer.isEmpty { #expect(got.text == answer) }
        }
        let page = try sluice.metrics()
        let kind = answer.isEmpty ? "handshake" : "ok"
        #expect(
            page.sum("sluice_upstream_connects_total", ["result": kind])
                == (answer.isEmpty ? 5 : 1))
    }

    @Test(arguments: [("http2", "http2", "HTTP/2.0"), ("auto", "", "HTTP/1.1")])
    func `a target without TLS is spoken to as its upstream says`(
        version: String, listening: String, answer: String
    ) throws {
        let nginx = try nginx(listening, isSecure: false)
        let sluice = try sluice(nginx.port, "protocol: \(version)")
        #expect(try sluice.get().text == answer)
    }

    @Test func `another protocol is asked for in HTTP/1.1 where a target may choose`() throws {
        let nginx = try nginx("http2", isSecure: true)
        let sluice = try sluice(nginx.port, "protocol: auto, \(trust)")
        #expect(try sluice.get().text == "HTTP/2.0")
        let fields = ["Connection: upgrade", "Upgrade: websocket"]
        #expect(try sluice.get(fields: fields).text == "HTTP/1.1")
    }

    @Test(arguments: [false, true])
    func `no request is lost to a target that ends its connections`(isSecure: Bool) throws {
        let nginx = try nginx("http2", isSecure: isSecure, requests: 50)
        let sluice = try sluice(
            nginx.port, "protocol: http2, retries: {count: 0}\(isSecure ? ", \(trust)" : "")")
        let load = try ChildProcess.run([
            "h2load", "-n", "3000", "-c", "4", "-m", "25", "http://127.0.0.1:\(sluice.port)/",
        ])
        #expect(load.output.contains("3000 succeeded, 0 failed"), "\(load.output)")
        #expect(try sluice.metrics().sum("sluice_upstream_connects_total") >= 60)
    }

    @Test(arguments: [false, true])
    func `no body is lost to a target that ends its connections under load`(
        isSecure: Bool
    ) throws {
        let nginx = try nginx("http2", isSecure: isSecure, requests: 50)
        let sluice = try sluice(
            nginx.port, "protocol: http2, retries: {count: 0}\(isSecure ? ", \(trust)" : "")")
        let folder = try TemporaryFolder()
        try folder.write(Data(repeating: 1, count: 16_384), to: "body")
        let load = try ChildProcess.run([
            "h2load", "-n", "10000", "-c", "20", "-m", "20", "-d", folder["body"],
            "http://127.0.0.1:\(sluice.port)/",
        ])
        #expect(load.output.contains("10000 succeeded, 0 failed"), "\(load.output)")
    }

    @Test(arguments: [0, 1, 70_000, 30_000_000])
    func `a file comes whole, to clients of either version`(size: Int) throws {
        let nginx = try nginx("http2", isSecure: true)
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 9) }
        try nginx.folder.write(Data(bytes), to: "files/a")
        let sluice = try sluice(nginx.port, "protocol: http2, \(trust)")
        #expect(try sluice.get("/files/a").body == Data(bytes))
        let folder = try TemporaryFolder()
        let curl = try ChildProcess.run([
            "curl", "--silent", "--http2-prior-knowledge", "--output", folder["a"],
            "http://127.0.0.1:\(sluice.port)/files/a",
        ])
        #expect(curl.status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder["a"])) == Data(bytes))
    }

    @Test(arguments: ["http2", "auto"])
    func `checks speak the HTTP of the target`(version: String) throws {
        let nginx = try nginx("http2", isSecure: true)
        let sluice = try sluice(
            nginx.port, "protocol: \(version), \(trust), health: {kind: http, interval: 100ms}")
        let isSound = try eventually {
            try sluice.metrics().sum("sluice_health_checks_total", ["result": "sound"]) >= 2
        }
        #expect(isSound)
        #expect(try sluice.get().text == "HTTP/2.0")
    }

    @Test(.enabled(if: GRPCPeers.areThere, "gRPC cannot be had here"))
    func `calls of gRPC of all four kinds come and go`() throws {
        let peers = try GRPCPeers()
        let sluice = try sluice(peers.port, "protocol: http2")
        let said = try GRPCPeers.calls("client", to: sluice.port)
        let lines = [
            "unary=cba t", "large=True", "down=1390000", "up=500000", "both=['aa', 'bb']",
            "fail=FAILED_PRECONDITION: nö %", "unknown=UNIMPLEMENTED: Method not found!",
            "deadline=True", "late=DEADLINE_EXCEEDED", "cancelled=yes",
        ]
        #expect(said == lines.map { $0 + "\n" }.joined())
        let page = try sluice.metrics()
        let count = { page.sum("sluice_upstream_grpc_calls_total", ["grpc_status": $0]) }
        #expect(count("0") == 7)
        #expect(count("9") == 1)
        #expect(count("12") == 1)
        #expect(count("none") >= 1)
        peers.end()
        let lonely = try GRPCPeers.calls("lonely", to: sluice.port)
        #expect(lonely == "UNAVAILABLE: No upstream could be connected to.\n")
    }
}
