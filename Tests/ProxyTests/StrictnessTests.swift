import Kernel
import Proxy
import Telemetry
import Testing

extension LiveTests {
    /// Rules of RFC 9110 and 9112 that need a whole exchange to be seen.
    @Suite
    struct StrictnessTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        @Test
        func `an answer without Date gets one, and so do answers of our own`() async throws {
            try await onStage { stage, target in
                let client = try stage.client()
                client.send(Self.get)
                let upstream = try target.accept()
                _ = try upstream.request()
                upstream.send(Self.ok)
                let date = try client.answer()["date"] ?? ""
                #expect(date.hasSuffix(" GMT") && date.count == 29)
                client.send("GET /\r\n\r\n")
                #expect(try client.answer()["date"]?.count == 29)
            }
        }

        @Test(arguments: [
            ("HEAD / HTTP/1.1\r\n\r\n", 400), ("HEAD / HTTP/3.0\r\n\r\n", 505),
            ("HEAD / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", 417),
        ])
        func `a refused HEAD has no body`(request: String, status: Int) async throws {
            try await onStage { stage, _ in
                let client = try stage.client()
                client.send(request)
                #expect(try client.answer(toHead: true).status == status)
                #expect(client.receiveAll() == .ended)
                #expect(client.received.isEmpty)
            }
        }

        @Test(arguments: [("OPTIONS", 200), ("TRACE", 501)])
        func `the last hop answers itself`(method: String, status: Int) async throws {
            try await onStage { stage, target in
                let client = try stage.client()
                client.send("\(method) / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n")
                #expect(try client.answer().status == status)
                #expect(client.receiveAll() == .ended)
                let unwanted = try target.acceptNow()
                #expect(unwanted == nil)
            }
        }

        @Test
        func `an answer before the end of the request ends the use of both connections`()
            async throws
        {
            try await onStage { stage, target in
                let client = try stage.client()
                client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab")
                let upstream = try target.accept()
                while upstream.received.isEmpty { _ = upstream.receive() }
                upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
                while !client.received.contains(UInt8(ascii: "k")), client.receive() {}
                client.send("cd")
                #expect(try upstream.request().text == "abcd")
                upstream.send("0\r\n\r\n")
                #expect(try client.answer()["connection"] == "close")
                #expect(client.receiveAll() == .ended)
                #expect(upstream.receiveAll() == .ended)
            }
        }

        @Test(arguments: [true, false])
        func `an upstream that does not ask for the body may not be asked again`(
            asks: Bool
        ) async throws {
            try await onStage { stage, target in
                let client = try stage.client()
                client.send(
                    "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                        + "Content-Length: 2\r\n\r\nab")
                let upstream = try target.accept()
                #expect(try upstream.request().text == "ab")
                upstream.send((asks ? "HTTP/1.1 100 Continue\r\n\r\n" : "") + Self.ok)
                if asks { #expect(try client.answer().status == 100) }
                let answer = try client.answer()
                #expect(answer.text == "ok" && answer["connection"] == nil)
                client.send(Self.get)
                let next = asks ? upstream : try target.accept()
                #expect(try next.request().startLine == "GET / HTTP/1.1")
                next.send(Self.ok)
                #expect(try client.answer().text == "ok")
                if !asks { #expect(upstream.receiveAll() == .ended) }
            }
        }

        @Test(arguments: ["other", "websocket/2", "h2c"])
        func `a change to another protocol than the one asked for is no answer`(
            name: String
        ) async throws {
            try await onStage { stage, target in
                let client = try stage.client()
                client.send(
                    "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n"
                        + "Upgrade: websocket\r\n\r\n")
                let upstream = try target.accept()
                _ = try upstream.request()
                upstream.send(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                        + "Upgrade: \(name)\r\n\r\nframes")
                let answer = try client.answer()
                #expect(answer.status == 502)
                #expect(answer["x-sluice-error"] == "unrequested_upgrade")
                #expect(upstream.receiveAll() != .late)
            }
        }

        @Test
        func `trailers that Connection may name are dropped in both directions`() async throws {
            try await onStage { stage, target in
                let chunks = "1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"
                let fields = "Transfer-Encoding: chunked\r\nConnection: X-Sum\r\n\r\n"
                let client = try stage.client()
                client.send("POST / HTTP/1.1\r\nHost: h\r\n\(fields)\(chunks)")
                let upstream = try target.accept()
                let request = try upstream.request()
                #expect(request.text == "a" && request.trailers.isEmpty)
                upstream.send("HTTP/1.1 200 OK\r\n\(fields)\(chunks)")
                let answer = try client.answer()
                #expect(answer.text == "a" && answer.trailers.isEmpty)
            }
        }

        @Test(arguments: ["HEAD", "GET"])
        func `a body where there is none never becomes the next answer`(
            method: String
        ) async throws {
            try await onStage { stage, target in
                let client = try stage.client()
                for _ in 0..<20 {
                    client.send("\(method) / HTTP/1.1\r\nHost: h\r\n\r\n")
                    let upstream = try target.accept()
                    _ = try upstream.request()
                    let status = method == "HEAD" ? "200 OK" : "304 Not Modified"
                    upstream.send("HTTP/1.1 \(status)\r\nContent-Length: 44\r\n\r\n")
                    _ = try client.answer(toHead: true)
                    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
                    client.send(Self.get)
                    let next = try target.accept()
                    _ = try next.request()
                    next.send(Self.ok)
                    #expect(try client.answer().text == "ok")
                    next.close()
                    upstream.close()
                    await stage.counters { $0.connectionCounts(upstream: 0) == (0, 0) }
                }
            }
        }

        private func onStage(_ body: (Stage, Target) async throws -> Void) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            try await body(stage, target)
            await stage.end()
        }
    }
}
