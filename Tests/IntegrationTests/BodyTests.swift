import Foundation
import Testing

/// Bodies of every size and framing pass unchanged.
@Suite(.ownThreads)
struct BodyTests {
    static let sizes = [1, 2, 4_095, 65_536, 1_000_003, 64 << 20]

    @Test(arguments: sizes)
    func `a body with a length goes up and comes back`(size: Int) throws {
        try expectEcho(of: Sample.bytes(size), isChunked: false)
    }

    @Test(arguments: sizes)
    func `a chunked body goes up and comes back`(size: Int) throws {
        try expectEcho(of: Sample.bytes(size), isChunked: true)
    }

    @Test(arguments: [0, 1, 65_536, 64 << 20])
    func `a body that ends with its connection arrives whole`(size: Int) throws {
        let body = Sample.bytes(size)
        let x = try ScriptedUpstream { wire, _ in
            _ = try wire.takeRequest()
            try wire.send("HTTP/1.1 200 OK\r\nX-Kind: until-close\r\n\r\n")
            try wire.send(body)
        }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        // An HTTP/1.1 client gets chunks, so that it can tell the end from a fault.
        let answer = try client.get()
        #expect(answer["Transfer-Encoding"] == "chunked")
        #expect(answer.body == body)
        #expect(client.isQuiet)
        let old = try sluice.connect()
        try old.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try old.takeResponse().body == body)
    }

    @Test func `a file of nginx arrives whole through curl`() throws {
        let x = try Nginx("x")
        let body = Sample.bytes(64 << 20)
        try x.folder.write(body, to: "files/large")
        let sluice = try Sluice(Settings(x: x.port))
        let copy = x.folder["copy"]
        let result = try ChildProcess.run([
            "curl", "-sS", "--output", copy, "http://127.0.0.1:\(sluice.port)/files/large",
        ])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == body)
    }

    @Test func `trailers pass in both directions`() throws {
        let x = try ScriptedUpstream(answering: { _ in
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                + "3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n"
        })
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        let answer = try client.exchange(
            "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n"
                + "Trailer: X-Checksum\r\n\r\n"
                + "5;a=b\r\nhello\r\n0\r\nX-Checksum: abc\r\nX-Other: 1\r\n\r\n")
        #expect(answer.text == "abc")
        #expect(answer.trailers == ["X-Sum: 42"])
        #expect(x.requests.first?.text == "hello")
        #expect(x.requests.first?.trailers == ["X-Checksum: abc", "X-Other: 1"])
        #expect(client.isQuiet)
    }

    @Test func `an answer in pieces arrives piece by piece`() throws {
        let x = try ScriptedUpstream { wire, _ in
            _ = try wire.takeHead()
            try wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            // Each next piece waits for a word of the test: nothing may be held back.
            while let word = try wire.take(through: "\n") {
                try wire.send("\(String(word.count, radix: 16))\r\n")
                try wire.send(word)
                try wire.send("\r\n")
            }
        }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 12\r\n\r\n")
        #expect(try client.takeHead()?.status == 200)
        for word in ["one\n", "two\n", "six\n"] {
            try client.send(word)
            #expect(try client.take(through: "\r\n") == Data("4\r\n".utf8))
            #expect(try client.take(exactly: 6) == Data("\(word)\r\n".utf8))
        }
    }

    @Test func `an answer that comes before the body's end is passed on`() throws {
        let x = try ScriptedUpstream { wire, _ in
            _ = try wire.takeHead()
            try wire.send("HTTP/1.1 413 Too much\r\nContent-Length: 4\r\nConnection: close\r\n\r\n")
            try wire.send("much")
        }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\nstart")
        let answer = try client.takeResponse()
        #expect(answer.status == 413)
        #expect(answer.text == "much")
    }

    private func expectEcho(of body: Data, isChunked: Bool) throws {
        let x = try ScriptedUpstream { wire, _ in
            while let request = try wire.takeRequest() {
                try wire.send("HTTP/1.1 200 OK\r\n")
                try wire.sendBody(request.body, isChunked: isChunked)
            }
        }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\n")
        try client.sendBody(body, isChunked: isChunked)
        let answer = try client.takeResponse()
        #expect(answer.body == body)
        #expect((answer["Transfer-Encoding"] == "chunked") == isChunked)
        #expect(client.isQuiet)
    }
}

/// Bytes to send.
enum Sample {
    /// Repeats of a block whose length divides nothing: a lost or repeated piece shows.
    static func bytes(_ count: Int) -> Data {
        var data = Data(capacity: count)
        while data.count < count { data.append(block.prefix(count - data.count)) }
        return data
    }

    private static let block: Data = {
        let words = (0..<131_072).map { _ in UInt64.random(in: 0...UInt64.max) }
        let bytes = unsafe words.withUnsafeBytes { unsafe Data($0) }
        return bytes.prefix(1_048_573)
    }()
}

extension Wire {
    /// Sends the framing fields, the end of the head and the body.
    func sendBody(_ body: Data, isChunked: Bool) throws {
        if !isChunked {
            try send("Content-Length: \(body.count)\r\n\r\n")
            return try send(body)
        }
        try send("Transfer-Encoding: chunked\r\n\r\n")
        var rest = body[...]
        // Sizes that fall on no border of any buffer.
        var size = 1
        while !rest.isEmpty {
            let chunk = rest.prefix(size)
            try send("\(String(chunk.count, radix: 16))\r\n")
            try send(Data(chunk))
            try send("\r\n")
            rest = rest.dropFirst(size)
            size = min(size * 3 + 1, 300_000)
        }
        try send("0\r\n\r\n")
    }
}
