import HTTP2
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Clients that speak HTTP/2, and targets that do not.
    @Suite
    struct StreamTests {
        private static func echo() throws -> Origin {
            try Origin(answering: { request in
                let text = "\(request.startLine) \(request.body.count) \(request.trailers)"
                return "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
            })
        }

        @Test func `many requests share a connection, and each is split on its own`() async throws {
            let (x, y) = (try Self.origin("x"), try Self.origin("y"))
            let stage = try await Stage([[x.port], [y.port]], weights: [1, 3])
            let client = try stage.streamClient()
            let streams = try (0..<100).map { try client.get("/\($0)") }
            var counts: [String: Int] = [:]
            for stream in streams { counts[try client.answer(stream).text, default: 0] += 1 }
            #expect(counts == ["x": 25, "y": 75])
            client.peer.close()
            await stage.end()
        }

        private static func origin(_ name: String) throws -> Origin {
            try Origin(answering: { _ in
                "HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)"
            })
        }

        @Test(arguments: [0, 1, 5_000, 65_535, 65_536, 1_000_000])
        func `a request's body comes whole, whether its length is told or not`(size: Int)
            async throws
        {
            let stage = try await Stage([[try Self.echo().port]])
            let client = try stage.streamClient()
            let body = [UInt8](repeating: 7, count: size)
            for length in ["Content-Length: \(size)\r\n", ""] {
                let stream = try client.open(
                    "POST /a HTTP/1.1\r\nHost: h\r\n\(length)\r\n", isLast: false)
                client.writeAll(body, to: stream)
                let answer = try client.answer(stream)
                #expect(answer.text == "POST /a HTTP/1.1 \(size) []")
                #expect(answer.code == 0)
            }
            client.peer.close()
            await stage.end()
        }

        @Test func `trailers go both ways`() async throws {
            let origin = try Origin(answering: { request in
                """
                HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\
                X-Got: \(request.trailers)\r\nX-Sum: 1\r\n\r\n
                """
            })
            let stage = try await Stage([[origin.port]])
            let client = try stage.streamClient()
            let stream = try client.open(
                "POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n", isLast: false)
            client.write([1, 2, 3], to: stream)
            client.finish(stream, trailers: "X-Mine: 2\r\n\r\n")
            let answer = try client.answer(stream)
            #expect(answer.text == "hello")
            #expect(answer.trailers == "x-got: [\"x-mine: 2\"]\r\nx-sum: 1\r\n\r\n")
            #expect(answer.code == 0)
            client.peer.close()
            await stage.end()
        }

        @Test(arguments: [
            "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ])
        func `an answer without a body ends with its head`(text: String) async throws {
            let origin = try Origin(answering: { _ in text })
            let stage = try await Stage([[origin.port]])
            let client = try stage.streamClient()
            let answer = try client.answer(try client.get())
            #expect(answer.status == (text.contains("204") ? 204 : 200))
            #expect(answer.body.isEmpty)
            #expect(answer.code == 0)
            client.peer.close()
            await stage.end()
        }

        @Test func `an interim answer comes before the final one, and no body of HEAD`()
            async throws
        {
            let origin = try Origin(answering: { _ in
                """
                HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\
                Content-Length: 9\r\n\r\n
                """
            })
            let stage = try await Stage([[origin.port]])
            let client = try stage.streamClient()
            let answer = try client.answer(
                try client.open("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"))
            #expect(answer.interim == ["HTTP/1.1 103 \r\nlink: a\r\n\r\n"])
            #expect(answer.head.contains("content-length: 9\r\n"))
            #expect(answer.code == 0)
            client.peer.close()
            await stage.end()
        }

        @Test func `a large body waits for the client's window, and holds up no other`()
            async throws
        {
            let size = 3_000_000
            let origin = try Origin(answering: { request in
                let count = request.target == "/large" ? size : 2
                return "HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n"
                    + String(repeating: "b", count: count)
            })
            let stage = try await Stage([[origin.port]])
            let client = try stage.streamClient()
            client.readsAtOnce = false
            let large = try client.get("/large")
            #expect(client.receive(until: { client.answers[large]?.body.count ?? 0 >= 65_535 }))
            for _ in 0..<10 {
                #expect(try client.answer(try client.get()).text == "bb")
            }
            #expect(client.answers[large]?.body.count == 65_535)
            client.readsAtOnce = true
            client.haveRead(65_535, of: large)
            #expect(try client.answer(large).body.count == size)
            client.peer.close()
            await stage.end()
        }

        @Test func `a stream that its client resets ends at the target too`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.streamClient()
            let stream = try client.get("/a")
            let upstream = try target.accept()
            _ = try upstream.request()
            client.reset(stream)
            #expect(upstream.receiveAll() != .late)
            await stage.counters { $0.inflightCount(lane: 0) == 0 }
            // The connection goes on.
            let next = try client.get("/b")
            let second = try target.accept()
            #expect(try second.request().target == "/b")
            second.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")
            #expect(try client.answer(next).text == "b")
            client.peer.close()
            await stage.end()
        }

        @Test func `a target that breaks off resets the stream alone`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.streamClient()
            let stream = try client.get()
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab")
            #expect(client.receive(until: { client.answers[stream]?.body.count == 2 }))
            upstream.close()
            #expect(try client.answer(stream).code == HTTP2Code.internalError)
            let next = try client.get()
            let second = try target.accept()
            _ = try second.request()
            second.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")
            #expect(try client.answer(next).text == "b")
            client.peer.close()
            await stage.end()
        }

        @Test func `an answer before the end of a request ends the stream without harm`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.streamClient()
            let stream = try client.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", isLast: false)
            client.write([UInt8](repeating: 1, count: 10), to: stream)
            let upstream = try target.accept()
            _ = upstream.receive()
            upstream.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
            let answer = try client.answer(stream)
            #expect(answer.status == 413)
            #expect(answer.text == "big")
            #expect(answer.code == HTTP2Code.none)
            client.peer.close()
            await stage.end()
        }

        @Test func `what we answer ourselves comes as an answer`() async throws {
            let stage = try await Stage([[1]])
            let client = try stage.streamClient()
            let answer = try client.answer(try client.get())
            #expect(answer.status == 502)
            #expect(!answer.body.isEmpty)
            #expect(answer.code == 0)
            let large = try client.answer(
                try client.get("/", "X: \(String(repeating: "x", count: 70_000))\r\n"))
            #expect(large.status == 431)
            let long = try client.answer(
                try client.get("/" + String(repeating: "x", count: 17_000)))
            #expect(long.status == 414)
            client.peer.close()
            await stage.end()
        }

        @Test func `a drain lets streams end and refuses new ones`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.streamClient()
            let stream = try client.get()
            let upstream = try target.accept()
            _ = try upstream.request()
            #expect(await stage.plane.drain(milliseconds: 0) == 1)
            async let left = stage.plane.drain(milliseconds: 20_000)
            #expect(client.receive(until: { client.goneAway.count == 2 }))
            #expect(client.goneAway == [.max, stream])
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")
            #expect(try client.answer(stream).text == "b")
            #expect(client.peer.receiveAll() == .ended)
            #expect(await left == 0)
            await stage.end()
        }

        @Test func `an idle connection is closed with a word`() async throws {
            var timeouts = ListenerTimeouts()
            timeouts.keepaliveMilliseconds = 100
            let stage = try await Stage([[1]], client: timeouts)
            let client = try stage.streamClient()
            _ = try client.answer(try client.get())
            // Of the second word its own session takes no notice: nothing is left to be said.
            #expect(client.receive(until: { client.goneAway == [.max] }))
            #expect(client.peer.receiveAll() == .ended)
            await stage.end()
        }

        @Test func `a client that takes nothing of its answer is cut off`() async throws {
            let origin = try Origin(answering: { _ in
                "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
                    + String(repeating: "b", count: 1_000_000)
            })
            var timeouts = ListenerTimeouts()
            timeouts.bodyIdleMilliseconds = 100
            let stage = try await Stage([[origin.port]], client: timeouts)
            let client = try stage.streamClient()
            client.readsAtOnce = false
            let stream = try client.get()
            #expect(try client.answer(stream).code != 0)
            client.peer.close()
            await stage.end()
        }

        @Test func `the last bytes of an answer that its client does not take are given up`()
            async throws
        {
            // All of it is on its way at once, but for what the client's window holds back.
            let size = 100_000
            let origin = try Origin(answering: { _ in
                "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n"
                    + String(repeating: "b", count: size)
            })
            var timeouts = ListenerTimeouts()
            timeouts.bodyIdleMilliseconds = 100
            let stage = try await Stage([[origin.port]], client: timeouts)
            let client = try stage.streamClient()
            client.readsAtOnce = false
            let answer = try client.answer(try client.get())
            #expect(answer.code != 0 && answer.body.count < size)
            let counters = await stage.counters { $0.inflightCount(lane: 0) == 0 }
            #expect(counters.requestCount(lane: 0, code: 200) == 1)
            client.peer.close()
            await stage.end()
        }

        @Test func `the body of a request that does not come is waited for so long`() async throws {
            var timeouts = ListenerTimeouts()
            timeouts.bodyIdleMilliseconds = 100
            let stage = try await Stage([[try Self.echo().port]], client: timeouts)
            let client = try stage.streamClient()
            let stream = try client.open("POST / HTTP/1.1\r\nHost: h\r\n\r\n", isLast: false)
            #expect(try client.answer(stream).status == 408)
            client.peer.close()
            await stage.end()
        }

        @Test func `a head has to be whole in time, however many frames it has`() async throws {
            let stage = try await Stage(
                [[1]], client: ListenerTimeouts(headMilliseconds: 100))
            let client = try stage.client()
            // The rest of it comes later, or never.
            client.send(Frames.beginning + Frames.make(1, 1, 1, [0x82]))
            #expect(client.receiveAll() != .late)
            #expect(Frames.read(client.received).last?.kind == 7)
            await stage.end()
        }

        @Test func `HTTP/1.1 is spoken on the same port`() async throws {
            let stage = try await Stage([[try Self.echo().port]])
            let client = try stage.client()
            client.send("PRI /x HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().text == "PRI /x HTTP/1.1 0 []")
            client.close()
            let other = try stage.client()
            other.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")
            #expect(other.receiveAll() != .late)
            other.close()
            // Whoever has begun in HTTP/1.1 goes on in it.
            let later = try stage.client()
            later.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try later.answer().status == 200)
            later.send(Frames.beginning)
            #expect(try later.answer().status == 505)
            later.close()
            await stage.end()
        }

        @Test(arguments: 1...5)
        func `the beginning of HTTP/2 may come in pieces`(piece: Int) async throws {
            let stage = try await Stage([[1]])
            let client = try stage.client()
            let preface =
                Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
            var at = 0
            while at < preface.count {
                client.send(preface[at..<min(preface.count, at + piece)])
                await stage.settle()
                at += piece
            }
            while client.received.count < 9, client.receive() {}
            #expect(client.received.dropFirst(3).first == 4)
            client.close()
            await stage.end()
        }
    }
}
