import Kernel
import Proxy
import Telemetry
import Testing

extension LiveTests {
    /// Clients that go away, or break the rules, at every place of an exchange.
    @Suite
    struct BrokenClientTests {
        enum Way: Sendable, CaseIterable {
            case closes, endsItsSide, resets
        }

        @Test(arguments: WireSample.all, Way.allCases)
        func `a request cut short anywhere is never taken for a whole one`(
            sample: WireSample, way: Way
        ) async throws {
            let whole = Lock(0)
            let origin = try Origin { peer, _ in
                while peer.message(.request) != nil {
                    whole.withLock { $0 += 1 }
                    peer.send(sample.response)
                    if sample.closes { return }
                }
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let request = Array(sample.request.utf8)
            for count in 0..<request.count {
                let client = try stage.client()
                client.send(request[..<count])
                await stage.settle()
                switch way {
                case .closes: client.close()
                case .endsItsSide:
                    client.endSending()
                    #expect(client.receiveAll() != .late)
                case .resets: client.reset()
                }
            }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(stage.isAtRest(counters))
            #expect(whole.withLock { $0 } == 0)
            await stage.end()
        }

        @Test(arguments: WireSample.all, Way.allCases)
        func `a client that goes away at any place of its answer leaves nothing behind`(
            sample: WireSample, way: Way
        ) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let response = Array(sample.response.utf8)
            for count in stride(from: 0, to: response.count, by: 3) {
                let client = try stage.client()
                client.send(sample.request)
                let upstream = try target.accept()
                _ = try upstream.request()
                upstream.send(response[..<count])
                await stage.settle()
                switch way {
                case .closes: client.close()
                case .endsItsSide: client.endSending()
                case .resets: client.reset()
                }
                await stage.settle()
                upstream.send(response[count...])
                await stage.settle()
                upstream.close()
                if way == .endsItsSide {
                    for _ in sample.interim { _ = try client.answer() }
                    #expect(try client.answer(toHead: sample.isHead).text == sample.body)
                }
                client.close()
                // A request that may not be sent twice must not meet the connection that closes:
                // on a busy machine the system is late to tell.
                await stage.counters {
                    stage.isAtRest($0) && $0.connectionCounts(upstream: 0).idle == 0
                }
            }
            await stage.end()
        }

        @Test(arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 400), ("nonsense\r\n\r\n", 400),
            ("GET / HTTP/3.0\r\n\r\n", 505),
            ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
            ("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400),
            (
                "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: 300)
                    + "\r\n", 431
            ),
            ("GET /" + String(repeating: "a", count: 20_000) + " HTTP/1.1\r\nHost: h\r\n\r\n", 414),
            ("GET / HTTP/1.1\r\nHost: h\r\nA: " + String(repeating: "a", count: 70_000), 431),
        ])
        func `a head that breaks the rules is refused, and the client can read why`(
            request: String, status: Int
        ) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send(request)
            let answer = try client.answer()
            #expect(answer.status == status)
            #expect(answer["connection"] == "close")
            #expect(answer["x-sluice-error"] != nil)
            #expect(client.receiveAll() == .ended)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.downstreamRequestCount(listener: 0, code: status) == 1)
            #expect(counters.downstreamRequestCount(listener: 0) == 1)
            let unwanted = try target.acceptNow()
            #expect(unwanted == nil)
            await stage.end()
        }

        @Test
        func `a body that breaks the rules is refused, and never reaches the upstream whole`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            for chunks in ["x\r\n", "1\r\nab", "1\n", "0\r\n bad\r\n\r\n"] {
                let client = try stage.client()
                client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
                let upstream = try target.accept()
                await stage.settle()
                client.send("2\r\nok\r\n" + chunks)
                let answer = try client.answer()
                #expect(answer.status == 400)
                #expect(client.receiveAll() == .ended)
                #expect(upstream.message(.request) == nil)
                client.close()
            }
            await stage.end()
        }

        @Test
        func `a broken second request is refused behind the first one's answer`() async throws {
            let origin = try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost h\r\n\r\n")
            #expect(try client.answer().text == "ok")
            #expect(try client.answer().status == 400)
            #expect(client.receiveAll() == .ended)
            client.close()
            await stage.end()
        }
    }
}
