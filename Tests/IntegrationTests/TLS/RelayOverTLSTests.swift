import Foundation
import Testing

/// Requests and bodies over TLS, byte for byte.
@Suite(.ownThreads)
struct RelayOverTLSTests {
    let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
    }

    private func sluice(_ upstream: ScriptedUpstream, more: String = "") throws -> Sluice {
        var settings = Settings(x: upstream.port)
        settings.listener = certificates.listener("a") + more
        return try Sluice(settings)
    }

    @Test func `requests that come at once are answered in their order`() throws {
        let upstream = try ScriptedUpstream(answering: { .ok($0.target) })
        let sluice = try sluice(upstream)
        let client = try TLSWire(port: sluice.port)
        let count = 50
        try client.send(
            (1...count).map { "GET /\($0) HTTP/1.1\r\nHost: a.test\r\n\r\n" }.joined())
        for number in 1...count {
            let head = try client.take(through: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 200 OK"))
            #expect(
                String(decoding: try client.take("/\(number)".utf8.count), as: UTF8.self)
                    == "/\(number)")
        }
        #expect(try sluice.metrics().sum("sluice_downstream_handshakes_total") == 1)
    }

    @Test func `a request in pieces of one byte is one request`() throws {
        let upstream = try ScriptedUpstream(answering: { .ok($0.text) })
        let sluice = try sluice(upstream)
        let client = try TLSWire(port: sluice.port)
        let request = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello"
        for byte in request.utf8 { try client.send(Data([byte])) }
        #expect(try client.take(through: "hello").hasSuffix("\r\n\r\nhello"))
    }

    static let sizes = [1, 4_096, 16_384, 16_385, 65_536, 3_000_001]

    @Test(arguments: sizes)
    func `large bodies arrive whole, both ways`(size: Int) throws {
        let body = String(decoding: (0..<size).map { UInt8(97 + $0 % 23) }, as: UTF8.self)
        let upstream = try ScriptedUpstream(answering: { .ok($0.text) })
        let sluice = try sluice(upstream)
        let client = try TLSWire(port: sluice.port)
        try client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: \(size)\r\n\r\n")
        try client.send(body)
        _ = try client.take(through: "\r\n\r\n")
        #expect(String(decoding: try client.take(size), as: UTF8.self) == body)
    }

    @Test func `a slow reader gets everything, and holds up nobody`() throws {
        let size = 8 << 20
        let body = String(repeating: "0123456789abcdef", count: size / 16)
        let upstream = try ScriptedUpstream(answering: { _ in .ok(body) })
        let sluice = try sluice(upstream)
        let slow = try TLSWire(port: sluice.port)
        try slow.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        _ = try slow.take(through: "\r\n\r\n")
        for _ in 1...3 {
            let other = try TLSWire(port: sluice.port)
            try other.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
            _ = try other.take(through: "\r\n\r\n")
            #expect(try other.take(size).count == size)
        }
        #expect(String(decoding: try slow.take(size), as: UTF8.self) == body)
    }

    @Test func `the end of the last answer is announced`() throws {
        let upstream = try ScriptedUpstream(answering: { _ in .ok("bye") })
        let sluice = try sluice(upstream)
        let client = try TLSWire(port: sluice.port)
        try client.send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        _ = try client.take(through: "bye")
        #expect(try client.receiveSome() == nil, "close_notify, no truncation")
    }

    @Test func `an answer that breaks off has no announced end`() throws {
        let upstream = try ScriptedUpstream { wire, _ in
            _ = try wire.takeRequest()
            try wire.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of ")
            wire.resetOnClose()
        }
        let sluice = try sluice(upstream)
        let client = try TLSWire(port: sluice.port)
        try client.send("GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")
        #expect(throws: WireError.self) {
            while try client.receiveSome() != nil {}
        }
    }

    @Test func `a client that only ends its side gets its answer`() throws {
        let upstream = try ScriptedUpstream(answering: { .ok($0.target) })
        let sluice = try sluice(upstream)
        let client = try TLSWire(port: sluice.port)
        try client.send("GET /half HTTP/1.1\r\nHost: a.test\r\n\r\n")
        try client.close()
        client.wire.endSending()
        _ = try client.take(through: "/half")
    }

    @Test func `a tunnel carries bytes both ways and ends side by side`() throws {
        let upstream = try ScriptedUpstream { wire, _ in
            _ = try wire.takeRequest()
            try wire.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\n\r\nwelcome")
            while try wire.receiveMore() {}
            try wire.send("you said \(wire.received.count) bytes")
        }
        let sluice = try sluice(upstream)
        let client = try TLSWire(port: sluice.port)
        try client.send(
            "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        _ = try client.take(through: "welcome")
        try client.send(Data(repeating: 7, count: 300_000))
        try client.close()
        client.wire.endSending()
        _ = try client.take(through: "you said 300000 bytes")
        #expect(try client.receiveSome() == nil)
    }
}
