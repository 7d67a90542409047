import Foundation
import Testing

/// Clients of HTTP/2 that are far away, and weights and settings that change under their load.
@Suite(.serialized, .ownThreads)
struct FarClientsOfHTTP2Tests {
    private let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
    }

    private func curl(_ port: UInt16, _ path: String, _ more: [String]) throws
        -> ChildProcess.Result
    {
        try ChildProcess.run(
            [
                "curl", "--silent", "--show-error", "--max-time", "120", "--http2",
                "--write-out", "%{http_version} %{http_code}",
                "--cacert", certificates.folder["ca.pem"], "--resolve", "a.test:\(port):127.0.0.1",
            ] + more + ["https://a.test:\(port)\(path)"])
    }

    private func settings(_ x: UInt16) -> Settings {
        var settings = Settings(x: x)
        settings.listener = certificates.listener("a")
        return settings
    }

    @Test func `a large body comes down a long way as it was`() throws {
        let x = try Nginx("x")
        let body = Sample.bytes(64 << 20)
        try x.folder.write(body, to: "files/large")
        let target = try DelayingRelay(to: x.port)
        let sluice = try Sluice(settings(target.port))
        let way = try DelayingRelay(to: sluice.port)
        let copy = certificates.folder["copy"]
        let result = try curl(way.port, "/files/large", ["--output", copy])
        #expect(result.output == "2 200", "\(result.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == body)
    }

    @Test func `a large body goes up a long way as it was`() throws {
        let folder = certificates.folder
        let body = Sample.bytes(4 << 20)
        try folder.write(body, to: "body")
        let x = try ScriptedUpstream { wire, _ in
            while let request = try wire.takeRequest() {
                try folder.write(request.body, to: "copy")
                try wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let target = try DelayingRelay(to: x.port)
        let sluice = try Sluice(settings(target.port))
        let way = try DelayingRelay(to: sluice.port)
        let result = try curl(way.port, "/", ["--upload-file", folder["body"]])
        #expect(result.output == "2 200", "\(result.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder["copy"])) == body)
    }

    @Test(arguments: [true, false])
    func `changes of weights and settings cost no stream of a crowd`(isSecure: Bool) throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        var settings = Settings(x: x.port, y: y.port)
        if isSecure { settings.listener = certificates.listener("a") }
        let sluice = try Sluice(settings)
        let folder = certificates.folder
        let load = try ChildProcess(
            [
                "h2load", "--requests=10000", "--clients=4", "--max-concurrent-streams=32",
                "\(isSecure ? "https" : "http")://127.0.0.1:\(sluice.port)/",
            ], output: folder["output"], errors: folder["errors"])
        var changes = 0
        // An upstream with another limit is another one; exchanges end on that which they began on.
        var other = settings
        other.keys["y"] = "limits: {inflight_per_target: 500}"
        while load.isRunning {
            changes += 1
            #expect(try sluice.set(x: changes % 101, y: 100 - changes % 101).status == 200)
            guard changes % 5 == 0 else { continue }
            let before = sluice.logCount("is in force")
            let text = changes % 2 == 0 ? other.text : settings.text
            try sluice.folder.write(text, to: "sluice.yaml")
            sluice.reload()
            #expect(eventually { sluice.logCount("is in force") > before || !load.isRunning })
        }
        let report = try folder.read("output")
        #expect(report.contains("10000 succeeded, 0 failed, 0 errored, 0 timeout"), "\(report)")
        #expect(report.contains("status codes: 10000 2xx"))
        #expect(changes >= 5)
        let page = try sluice.metrics()
        #expect(page.sum("sluice_http2_connections_ended_total") == 0)
        #expect(page.sum("sluice_http2_streams_refused_total") == 0)
    }
}
