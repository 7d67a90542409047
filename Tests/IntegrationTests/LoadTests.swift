import Foundation
import Testing

/// Connections that come and go under load.
@Suite(.serialized, .ownThreads)
struct LoadTests {
    @Test func `upstreams that close every few requests cost none`() throws {
        let x = try Nginx("x", requestsPerConnection: 7)
        let y = try Nginx("y", requestsPerConnection: 2)
        let sluice = try Sluice(Settings(x: x.port, y: y.port, weights: "{x: 1, y: 1}"))
        let load = Load(port: sluice.port)
        let report = try Wrk(port: sluice.port, seconds: 3).report()
        #expect(!report.hasErrors, "\(report.text)")
        #expect(try load.finish().faults.isEmpty)
    }

    @Test func `clients that come for one request only are all served`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        let sluice = try Sluice(Settings(x: x.port, y: y.port))
        let wrk = try Wrk(port: sluice.port, seconds: 3, fields: ["Connection: close"])
        let report = try wrk.report()
        #expect(!report.hasErrors, "\(report.text)")
        let isClosed = try eventually {
            try sluice.metrics().sum("sluice_downstream_connections") == 0
        }
        #expect(isClosed)
    }

    @Test func `large answers to many clients arrive whole`() throws {
        let x = try Nginx("x")
        let body = Sample.bytes(1 << 20)
        try x.folder.write(body, to: "files/large")
        let sluice = try Sluice(Settings(x: x.port))
        let wrk = try Wrk(port: sluice.port, connections: 32, seconds: 3, path: "/files/large")
        for _ in 1...20 { #expect(try sluice.get("/files/large").body == body) }
        let report = try wrk.report()
        #expect(!report.hasErrors, "\(report.text)")
    }

    @Test func `an upstream that stops under load loses its share and no more`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        let sluice = try Sluice(Settings(x: x.port, y: y.port, weights: "{x: 1, y: 1}"))
        let load = Load(port: sluice.port)
        let client = try sluice.connect()
        for _ in 1...100 { _ = try client.get() }
        y.finish()
        for _ in 1...500 { #expect(try client.get().status == 200) }
        #expect(try client.get()["X-Upstream"] == "x")
        #expect(try load.finish().faults.isEmpty)
        #expect(try sluice.metrics().sum("sluice_split_routed_total", ["by": "shift"]) > 0)
    }
}
