import Foundation
import Testing

/// Peers that send anything at all.
@Suite(.ownThreads)
struct HostileTests {
    @Test func `thousands of broken requests leave the proxy whole`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        var random = SeededRandom.announced()
        for _ in 1...3_000 {
            let client = try sluice.connect()
            try? client.send(random.mutated(Self.requests.randomElement(using: &random)))
            client.endSending()
            // Whatever came, there is an end to it.
            do { _ = try client.takeToEnd() } catch WireError.reset {}
        }
        try expectWhole(sluice)
    }

    @Test func `thousands of broken answers leave the proxy whole`() throws {
        let seed = SeededRandom.announced().state
        let x = try ScriptedUpstream { wire, number in
            var random = SeededRandom(state: seed &+ UInt64(number))
            while let request = try wire.takeRequest() {
                if request.target == "/good" {
                    try wire.send(.ok("x"))
                } else {
                    try wire.send(random.mutated(Self.answers.randomElement(using: &random)))
                    return
                }
            }
        }
        let sluice = try Sluice(Settings(x: x.port))
        for _ in 1...2_000 {
            let client = try sluice.connect()
            try client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            do { _ = try client.takeToEnd() } catch WireError.reset {}
        }
        try expectWhole(sluice)
    }

    @Test func `clients that vanish take their exchanges along`() throws {
        let gate = Gate()
        let x = try ScriptedUpstream(answering: { request in
            if request.target == "/slow" { gate.wait() }
            return .ok("x")
        })
        let sluice = try Sluice(Settings(x: x.port))
        for number in 1...20 {
            let client = try sluice.connect()
            try client.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n")
            #expect(eventually { x.requests.count == number })
            client.resetOnClose()
        }
        #expect(try eventually { try sluice.metrics().sum("sluice_upstream_inflight") == 0 })
        gate.open()
        #expect(try sluice.get("/good").status == 200)
    }

    @Test func `a client that never finishes its head is told so`() throws {
        let sluice = try Sluice(Settings(x: 1))
        let client = try sluice.connect()
        try client.send("GET / HTTP/1.1\r\nHost: ")
        let answer = try client.takeResponse()
        #expect(answer.status == 408)
        #expect(answer["X-Sluice-Error"] == "request_timeout")
        #expect(try client.isEnded())
    }

    static let requests = [
        "GET / HTTP/1.1\r\nHost: test\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello",
        "POST /b HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
        "HEAD http://other:80/c?d HTTP/1.1\r\nHost: test\r\nConnection: close, X-A\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
    ]

    static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nuntil the end",
        "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
    ]

    /// It still serves, holds nothing back, and its log tells of no fault of its own.
    private func expectWhole(_ sluice: Sluice) throws {
        #expect(try sluice.get("/good").text == "x")
        let isAtRest = try eventually {
            let page = try sluice.metrics()
            return page.sum("sluice_upstream_inflight") == 0
                && page.sum("sluice_downstream_connections") == 0
        }
        #expect(isAtRest)
        #expect(try sluice.stop() == 0)
    }
}

/// Random numbers that come again with the same seed.
struct SeededRandom: RandomNumberGenerator {
    private(set) var state: UInt64

    /// One with a new seed, which is printed so that a failure can be repeated.
    static func announced() -> SeededRandom {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed: \(seed)")
        return SeededRandom(state: seed)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state &>> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed &>> 31)
    }

    /// The text with a few bytes changed, doubled, lost or cut off.
    mutating func mutated(_ text: String?) -> Data {
        var bytes = Array((text ?? "").utf8)
        for _ in 0...Int.random(in: 0...3, using: &self) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &self)
            switch Int.random(in: 0...4, using: &self) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
            case 1:
                bytes.insert([0, 9, 10, 13, 32, 58].randomElement(using: &self) ?? 0, at: place)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return Data(bytes)
    }
}
