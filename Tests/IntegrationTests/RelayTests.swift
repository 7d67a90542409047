import Foundation
import Testing

/// Messages pass as RFC 9110 and RFC 9112 say.
@Suite(.ownThreads)
struct RelayTests {
    @Test func `connections stay open on both sides`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        for number in 1...20 {
            let answer = try client.get("/\(number)?a=b")
            #expect(answer.status == 200)
            #expect(answer.text == "x")
        }
        #expect(client.isQuiet)
        #expect(x.connectionCount == 1)
        #expect(x.requests.map(\.startLine) == (1...20).map { "GET /\($0)?a=b HTTP/1.1" })
    }

    @Test func `pipelined requests are answered in order`() throws {
        let x = try ScriptedUpstream(answering: { .ok($0.target) })
        let y = try ScriptedUpstream(answering: { .ok($0.target) })
        let sluice = try Sluice(Settings(x: x.port, y: y.port, weights: "{x: 1, y: 1}"))
        let client = try sluice.connect()
        let requests = (1...50).map { "GET /\($0) HTTP/1.1\r\nHost: test\r\n\r\n" }
        try client.send(requests.joined())
        let answers = try (1...50).map { _ in try client.takeResponse().text }
        #expect(answers == (1...50).map { "/\($0)" })
    }

    @Test func `a request cut into single bytes is one request`() throws {
        let x = try ScriptedUpstream(answering: { .ok($0.text) })
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        for byte in "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello".utf8 {
            try client.send(Data([byte]))
        }
        #expect(try client.takeResponse().text == "hello")
    }

    @Test(arguments: [200, 304, 404])
    func `an answer to HEAD has no body, whatever its length says`(status: Int) throws {
        let x = try ScriptedUpstream(answering: { request in
            let isHead = request.startLine.hasPrefix("HEAD")
            return isHead
                ? "HTTP/1.1 \(status) Said\r\nContent-Length: 1000\r\n\r\n" : .ok("next")
        })
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        let answer = try client.exchange("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(answer.status == status)
        #expect(answer["Content-Length"] == "1000")
        #expect(try client.get().text == "next")
        #expect(x.connectionCount == 1)
    }

    @Test(arguments: [204, 304])
    func `such an answer has no body and its connection goes on`(status: Int) throws {
        let x = try ScriptedUpstream(answering: { request in
            request.target == "/" ? "HTTP/1.1 \(status) Said\r\nETag: \"a\"\r\n\r\n" : .ok("next")
        })
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        let answer = try client.get("/")
        #expect(answer.startLine == "HTTP/1.1 \(status) Said")
        #expect(answer["ETag"] == "\"a\"")
        #expect(answer["Transfer-Encoding"] == nil)
        #expect(try client.get("/next").text == "next")
    }

    @Test func `interim answers come before the answer`() throws {
        let x = try ScriptedUpstream(answering: { _ in
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                + "HTTP/1.1 102 Processing\r\n\r\n" + .ok("done")
        })
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        let hints = try client.get()
        #expect(hints.startLine == "HTTP/1.1 103 Early Hints")
        #expect(hints["Link"] == "</a.css>")
        #expect(try client.takeResponse().status == 102)
        #expect(try client.takeResponse().text == "done")
        #expect(client.isQuiet)
    }

    @Test func `a client that waits for 100 gets it from the upstream`() throws {
        let x = try ScriptedUpstream { wire, _ in
            let head = try wire.takeHead()
            // A body that comes before it is asked for is a fault.
            guard head?["Expect"] == "100-continue", wire.isQuiet else { return }
            try wire.send("HTTP/1.1 100 Continue\r\n\r\n")
            let body = try wire.take(exactly: 5)
            try wire.send(.ok("got " + String(decoding: body, as: UTF8.self)))
            _ = try wire.takeHead()
        }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        let head = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
        #expect(try client.exchange(head + "\r\n").startLine == "HTTP/1.1 100 Continue")
        try client.send("hello")
        #expect(try client.takeResponse().text == "got hello")
    }

    @Test func `a client that waits for 100 may be refused instead`() throws {
        let x = try ScriptedUpstream { wire, _ in
            _ = try wire.takeHead()
            try wire.send("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno")
        }
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        let head = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
        let answer = try client.exchange(head + "\r\n")
        #expect(answer.status == 401)
        #expect(answer.text == "no")
    }

    @Test func `an HTTP/1.0 client gets an answer that it understands`() throws {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let x = try ScriptedUpstream(answering: { _ in chunked + "5\r\nhello\r\n0\r\n\r\n" })
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        try client.send("GET / HTTP/1.0\r\n\r\n")
        let answer = String(decoding: try client.takeToEnd(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(!answer.lowercased().contains("transfer-encoding"))
        #expect(answer.hasSuffix("\r\n\r\nhello"))
        #expect(x.requests.map(\.startLine) == ["GET / HTTP/1.1"])
        #expect(x.requests.first?["Connection"] != "close", "the upstream's stays open")
    }

    @Test func `an HTTP/1.0 client that asks for it keeps its connection`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        for _ in 1...3 {
            let answer = try client.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(answer["Connection"]?.lowercased() == "keep-alive")
            #expect(answer.text == "x")
        }
        #expect(client.isQuiet)
    }

    @Test func `a client that says close is closed after the answer`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.workers = 1
        let sluice = try Sluice(settings)
        for _ in 1...3 {
            let client = try sluice.connect()
            let answer = try client.get(fields: ["Connection: close"])
            #expect(answer["Connection"] == "close")
            #expect(try client.isEnded())
        }
        #expect(x.connectionCount == 1, "the upstream's connection has nothing to do with that")
    }

    @Test func `a client may end its side before the answer comes`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        let client = try sluice.connect()
        try client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        client.endSending()
        #expect(try client.takeResponse().text == "x")
        #expect(try client.isEnded())
    }
}
