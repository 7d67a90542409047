import Proxy
import Telemetry
import Testing

extension LiveTests {
    /// Answers that come before the request is over.
    @Suite
    struct EarlyAnswerTests {
        private static let upload =
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n"

        @Test(arguments: BrokenUpstreamTests.Way.allCases)
        func `a target that answers and goes away while the body flows is heard`(
            way: BrokenUpstreamTests.Way
        ) async throws {
            for _ in 0..<30 {
                let target = try Target()
                let stage = try await Stage([[target.port]])
                let client = try stage.client()
                client.send(Self.upload)
                let upstream = try target.accept()
                _ = upstream.receive()
                upstream.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
                if way == .resets { await stage.settle() }
                _ = client.sendWithoutWaiting(limit: 1_000_000)
                if way == .closes { upstream.close() } else { upstream.reset() }
                while client.end == nil, client.received.isEmpty {
                    _ = client.sendWithoutWaiting(limit: 100_000)
                    _ = client.receive()
                }
                let answer = try client.answer()
                #expect(answer.status == 413)
                #expect(answer.text == "big")
                #expect(answer["connection"] == "close")
                client.close()
                await stage.end()
            }
        }

        @Test
        func `an early answer goes on while the rest of the body still comes`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            let upstream = try target.accept()
            _ = upstream.receive()
            upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n")
            while !client.received.contains(UInt8(ascii: "b")), client.receive() {}
            client.send("1\r\nc\r\n0\r\n\r\n")
            #expect(try upstream.request().text == "ac")
            upstream.send("1\r\nd\r\n0\r\n\r\n")
            let answer = try client.answer()
            #expect(answer.text == "bd")
            #expect(answer["connection"] == "close")
            #expect(client.receiveAll() == .ended)
            await stage.end()
        }

        @Test
        func `an answer that is there before its request is read at once`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            for _ in 0..<100 {
                let client = try stage.client()
                client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let upstream = try target.accept()
                upstream.send("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")
                #expect(try client.answer().text == "busy")
                upstream.close()
                client.close()
                await stage.settle()
            }
            await stage.end()
        }

        @Test
        func `interim answers without end do not pile up for a client that does not read`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            let hint =
                "HTTP/1.1 103 Early Hints\r\nLink: </\(String(repeating: "a", count: 900))>\r\n\r\n"
            let hints = Array(String(repeating: hint, count: 60).utf8)
            var sent = 0
            var isStuck = false
            while sent < 100_000_000, !isStuck {
                let before = sent
                sent += upstream.sendWithoutWaiting(limit: hints.count, of: hints)
                await stage.settle()
                isStuck = sent == before
            }
            #expect(isStuck, "\(sent) bytes of interim answers are held for the client")
            client.close()
            upstream.close()
            await stage.end()
        }

        @Test
        func `a hundred interim answers reach a client that reads`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(String(repeating: "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n", count: 100))
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            for _ in 0..<100 { #expect(try client.answer().status == 103) }
            #expect(try client.answer().text == "ok")
            client.close()
            await stage.end()
        }

        @Test
        func `a client of HTTP 1 dot 0 gets no interim answer`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send("GET / HTTP/1.0\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
            #expect(try client.answer().status == 204)
            #expect(client.receiveAll() == .ended)
            await stage.end()
        }
    }
}
