import Foundation
import Testing

/// Clients that speak HTTP/2: curl, with TLS and without, and h2load.
@Suite(.ownThreads)
struct ClientsOfHTTP2Tests {
    private let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
    }

    /// A proxy with TLS, or without.
    private func sluice(
        _ upstreams: ScriptedUpstream..., weights: String = "{x: 1}", isSecure: Bool = true
    ) throws -> Sluice {
        var settings = Settings(x: upstreams[0].port)
        if isSecure { settings.listener = certificates.listener("a") }
        settings.upstreams = zip(["x", "y"], upstreams).map { ($0, [$1.port]) }
        settings.weights = weights
        return try Sluice(settings)
    }

    private func curl(_ sluice: Sluice, isSecure: Bool = true, _ more: [String], path: String = "/")
        throws -> ChildProcess.Result
    {
        let scheme = isSecure ? "https" : "http"
        return try ChildProcess.run(
            [
                "curl", "--silent", "--show-error", "--max-time", "60",
                isSecure ? "--http2" : "--http2-prior-knowledge",
                "--cacert", certificates.folder["ca.pem"],
                "--resolve", "a.test:\(sluice.port):127.0.0.1",
            ] + more + ["\(scheme)://a.test:\(sluice.port)\(path)"])
    }

    @Test(arguments: [true, false])
    func `a request comes to its target as one of HTTP 1`(isSecure: Bool) throws {
        let x = try ScriptedUpstream(answering: { .ok($0.head, fields: ["X-Kept: 1"]) })
        let sluice = try sluice(x, isSecure: isSecure)
        let answer = try curl(
            sluice, isSecure: isSecure, ["--include", "--header", "X-Mine: 2"], path: "/a?b=c")
        #expect(answer.errors.isEmpty)
        #expect(answer.output.hasPrefix("HTTP/2 200"))
        #expect(answer.output.contains("x-kept: 1"))
        #expect(answer.output.contains("GET /a?b=c HTTP/1.1\r\n"))
        #expect(answer.output.lowercased().contains("host: a.test:\(sluice.port)\r\n"))
        #expect(answer.output.contains("x-mine: 2\r\n"))
        #expect(answer.output.contains("X-Forwarded-Proto: \(isSecure ? "https" : "http")\r\n"))
    }

    @Test(arguments: [true, false])
    func `its span says over what a request came`(isSecure: Bool) throws {
        let x = try ScriptedUpstream(name: "x")
        let collector = try ScriptedUpstream(answering: { _ in .ok("{}") })
        var settings = Settings(x: x.port)
        if isSecure { settings.listener = certificates.listener("a") }
        settings.more =
            "otlp: {endpoint: \"http://127.0.0.1:\(collector.port)\", interval: 100ms, "
            + "sample: 100%}\n"
        let sluice = try Sluice(settings)
        #expect(try curl(sluice, isSecure: isSecure, []).errors.isEmpty)
        #expect(eventually { !collector.requests.isEmpty })
        let text = collector.requests.first?.text ?? ""
        for (name, value) in [
            ("url.scheme", isSecure ? "https" : "http"), ("network.protocol.version", "2"),
        ] {
            #expect(
                text.contains("\"\(name)\", \"value\": {\"stringValue\": \"\(value)\"}"), "\(text)")
        }
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 1_000_003, 32 << 20], [true, false])
    func `a body goes up and comes back`(size: Int, hasLength: Bool) throws {
        let x = try ScriptedUpstream { wire, _ in
            while let request = try wire.takeRequest() {
                try wire.send("HTTP/1.1 200 OK\r\n")
                try wire.sendBody(request.body, isChunked: !hasLength)
            }
        }
        let sluice = try sluice(x)
        let body = Sample.bytes(size)
        try certificates.folder.write(body, to: "body")
        let file = certificates.folder["body"]
        let upload = hasLength ? ["--data-binary", "@\(file)"] : ["--upload-file", "-"]
        let copy = certificates.folder["copy"]
        let command = try ChildProcess.run([
            "sh", "-c",
            """
            exec curl --silent --show-error --max-time 60 --http2 --output '\(copy)' \
            --cacert '\(certificates.folder["ca.pem"])' \
            --resolve a.test:\(sluice.port):127.0.0.1 \(upload.joined(separator: " ")) \
            https://a.test:\(sluice.port)/ < '\(file)'
            """,
        ])
        #expect(command.status == 0, "\(command.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == body)
    }

    @Test func `a crowd on few connections is answered whole, and split in its shares`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try sluice(x, y, weights: "{x: 90, y: 10}", isSecure: false)
        let report = try ChildProcess.run([
            "h2load", "--requests=4000", "--clients=4", "--max-concurrent-streams=32",
            "http://127.0.0.1:\(sluice.port)/",
        ])
        #expect(report.output.contains("4000 succeeded, 0 failed, 0 errored, 0 timeout"))
        #expect(report.output.contains("status codes: 4000 2xx"))
        let page = try sluice.metrics()
        let count = page.sum("sluice_upstream_requests_total", ["upstream": "y"])
        #expect(abs(count - 400) <= 2)
        #expect(page.sum("sluice_http2_connections_ended_total") == 0)
        #expect(page.sum("sluice_http2_streams_refused_total") == 0)
    }

    @Test(arguments: [true, false])
    func `with protocol http1 nothing but HTTP 1 is spoken, from a reload on`(isSecure: Bool) throws
    {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        if isSecure { settings.listener = certificates.listener("a") }
        settings.listener += ", protocol: auto"
        let port = try LoopbackAddress.freePort()
        settings.listener.replace("127.0.0.1:0", with: "127.0.0.1:\(port)")
        let sluice = try Sluice(settings)
        #expect(try curl(sluice, isSecure: isSecure, ["--include"]).output.hasPrefix("HTTP/2 200"))
        settings.listener.replace("protocol: auto", with: "protocol: http1")
        try sluice.folder.write(settings.text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 1 })
        let answer = try curl(sluice, isSecure: isSecure, ["--include"])
        if isSecure {
            #expect(answer.output.hasPrefix("HTTP/1.1 200"))
        } else {
            #expect(answer.status != 0)
            let refused = try sluice.connect()
            try refused.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            #expect(try refused.takeResponse().status == 505)
            #expect(try sluice.get().status == 200)
        }
        let status = try sluice.status()
        #expect(status.listeners[0].protocol == "http1" && status.upstreams[0].protocol == "http1")
    }

    @Test func `what a client may not do ends its connection and is counted`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try sluice(x, isSecure: false)
        let client = try sluice.connect()
        try client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        // PING with one byte.
        try client.send(Data([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 6, 0, 0, 0, 0, 0, 0]))
        #expect(throws: WireError.self) { try client.take(exactly: 1_000) }
        #expect(
            try sluice.metrics().sum(
                "sluice_http2_connections_ended_total", ["reason": "protocol"]) == 1)
    }
}
