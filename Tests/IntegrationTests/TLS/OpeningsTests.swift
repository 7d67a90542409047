import Foundation
import TLS
import Testing

/// What may stand before a connection's first bytes, one behind the other: a header of the PROXY
/// protocol, then TLS; for requests and for connections.
@Suite(.ownThreads)
struct OpeningsTests {
    let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
    }

    /// What Sluice speaks to another one that wants a header before TLS.
    private func trust(_ version: String) -> String {
        "send_proxy_protocol: \(version), "
            + "tls: {ca: \(certificates.folder["ca.pem"]), server_name: a.test}"
    }

    /// A Sluice that wants a header before TLS.
    private func back(_ port: UInt16, mode: String = "http") throws -> Sluice {
        var settings = Settings(x: port)
        settings.listener =
            certificates.listener("a")
            + ", mode: \(mode), proxy_protocol: required, trusted_proxies: [127.0.0.1]"
        return try Sluice(settings)
    }

    private static let size = 3_000_001

    private static let text = String(
        decoding: (0..<size).map { UInt8(97 + $0 % 23) }, as: UTF8.self)

    @Test(arguments: ["v1", "v2"], ["http", "tcp"])
    func `a header goes before TLS, and is taken off before it`(
        version: String, mode: String
    ) throws {
        let upstream = try ScriptedUpstream(answering: { .ok($0.text) })
        let back = try back(upstream.port, mode: mode)
        var settings = Settings(x: back.port)
        settings.listener = "address: 127.0.0.1:0, mode: \(mode)"
        settings.keys["x"] = trust(version)
        let front = try Sluice(settings)
        let client = try Wire(port: front.port)
        for text in ["hello", Self.text] {
            try client.send(
                "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: \(text.utf8.count)\r\n\r\n")
            try client.send(text)
            #expect(try client.takeResponse().text == text)
        }
        #expect(try back.metrics().sum("sluice_proxy_header_refused_total") == 0)
        #expect(try front.metrics().sum("sluice_upstream_handshakes_total") >= 1)
        #expect(try back.metrics().sum("sluice_downstream_handshakes_total") >= 1)
    }

    @Test(arguments: [1, 5, 1_000])
    func `a header in pieces loses nothing of the hello behind it`(step: Int) throws {
        let upstream = try ScriptedUpstream(answering: { .ok($0["x-forwarded-for"] ?? "") })
        let sluice = try back(upstream.port)
        let wire = try Wire(port: sluice.port)
        let header = Array("PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n".utf8)
        for start in stride(from: 0, to: header.count, by: step) {
            try wire.send(Data(header[start..<min(start + step, header.count)]))
        }
        var options = TLSClientOptions()
        options.verifies = false
        let session = try TLSClient(options).session(
            for: "a.test", isAddress: false, resuming: TLSResumptionSlot())
        guard let session else { throw WireError.malformed("no session") }
        let client = TLSWire(wire, session)
        try client.handshake(pieceBytes: step)
        try client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        _ = try client.take(through: "\r\n\r\n")
        #expect(String(decoding: try client.take(9), as: UTF8.self) == "192.0.2.7")
    }

    @Test func `who gives no header is closed before any handshake`() throws {
        let upstream = try ScriptedUpstream(answering: { .ok($0.text) })
        let sluice = try back(upstream.port)
        #expect(throws: (any Error).self) { _ = try TLSWire(port: sluice.port) }
        let page = try sluice.metrics()
        #expect(page.sum("sluice_proxy_header_refused_total", ["kind": "missing"]) == 1)
        #expect(page.sum("sluice_downstream_handshakes_total") == 0)
    }

    @Test func `connections whose TLS ends here are chosen by the name that they ask for`() throws {
        let stable = try ScriptedUpstream(answering: { _ in .ok("x") })
        let candidate = try ScriptedUpstream(answering: { _ in .ok("y") })
        try certificates.make("b", for: ["b.test"])
        var settings = Settings(x: stable.port, y: candidate.port)
        settings.weights =
            "{weights: {x: 1, y: 0}, pins: [{when: {server_name: b.test}, upstream: y}]}"
        settings.listener = certificates.listener("a", "b") + ", mode: tcp"
        let sluice = try Sluice(settings)
        for (name, answer) in [("a.test", "x"), ("b.test", "y"), ("B.TEST", "y")] {
            let client = try TLSWire(port: sluice.port, name: name)
            try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try client.take(through: "\r\n\r\n")
            #expect(String(decoding: try client.take(1), as: UTF8.self) == answer)
        }
    }
}
