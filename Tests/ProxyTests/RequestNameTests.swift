import Kernel
import Proxy
import Settings
import Testing

extension LiveTests {
    /// The name by which a request is found in everybody's logs.
    @Suite
    struct RequestNameTests {
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

        @Test
        func `every request that has none gets a name of its own`() async throws {
            let names = Lock<[String?]>([])
            let origin = try Origin { request in
                names.withLock { $0.append(request["x-request-id"]) }
                return Self.ok
            }
            defer { origin.stop() }
            // Twice: what a process names must not come again after its restart.
            for _ in 0..<2 {
                let stage = try await Stage(workers: 4, [[origin.port]])
                for _ in 0..<12 {
                    let client = try stage.client()
                    client.send(
                        String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 20))
                    for _ in 0..<20 {
                        let answer = try client.answer()
                        #expect(answer.status == 200 && answer["x-request-id"] == nil)
                    }
                    client.close()
                }
                await stage.end()
            }
            let seen = names.withLock { $0.compactMap(\.self) }
            #expect(seen.count == 480 && Set(seen).count == 480)
            #expect(seen.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{32}/) != nil })
        }

        @Test
        func `names and traces of clients pass through`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            client.send(
                "GET / HTTP/1.1\r\nHost: h\r\nTraceparent: \(trace)\r\ntracestate: a=1\r\n"
                    + "X_REQUEST_ID: evil\r\nX-Request-ID: mine\r\n\r\n")
            let upstream = try target.accept()
            let request = try upstream.request()
            #expect(request["traceparent"] == trace && request["tracestate"] == "a=1")
            let names = request.fields.filter { $0.name.lowercased().hasPrefix("x-request") }
            #expect(names.map(\.value) == ["mine"])
            #expect(request["x_request_id"] == nil)
            upstream.send("HTTP/1.1 200 OK\r\nX-Request-Id: theirs\r\nContent-Length: 0\r\n\r\n")
            #expect(try client.answer()["x-request-id"] == "theirs")
            client.close()
            await stage.end()
        }

        @Test(arguments: ["", "X-Request-Id: mine\r\n"])
        func `our own answer tells the name that the upstream got`(field: String) async throws {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(responseMilliseconds: 100))
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\n\(field)Content-Length: 2\r\n\r\nhi")
            // The next request is read meanwhile, and must not lend its name.
            client.send("GET /2 HTTP/1.1\r\nHost: h\r\nX-Request-Id: second\r\n\r\n")
            let upstream = try target.accept()
            let name = try upstream.request()["x-request-id"]
            let other = try stage.client()
            other.send("GET /other HTTP/1.1\r\nHost: h\r\nX-Request-Id: other\r\n\r\n")
            let answer = try client.answer()
            #expect(answer.status == 504)
            #expect(answer["x-request-id"] == name && name != nil)
            #expect(try client.answer()["x-request-id"] == "second")
            #expect(try other.answer()["x-request-id"] == "other")
            client.close()
            other.close()
            upstream.close()
            await stage.end()
        }

        @Test
        func `a client's name that is no longer at hand is not replaced by another`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(responseMilliseconds: 100))
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            // With it the request is let go.
            upstream.send("HTTP/1.1 103 Early Hints\r\n\r\n")
            #expect(try client.answer().status == 103)
            let answer = try client.answer()
            #expect(answer.status == 504 && answer["x-request-id"] == nil)
            client.close()
            upstream.close()
            await stage.end()
        }
    }
}
