import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// What holds for a request that is sent again, be it repeated since its reused connection was
    /// closed, or retried since a new one broke.
    @Suite
    struct ResendTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

        /// A target with a client before it, and a connection that is reused for the next request.
        private struct Scene {
            let target: Target
            let stage: Stage
            let client: Peer
            private let pooled: Peer?

            init(isReused: Bool) async throws {
                target = try Target()
                stage = try await Stage(
                    [[target.port]],
                    retries: isReused ? .none : RetrySettings(count: 2, budgetPercent: 100))
                client = try stage.client()
                guard isReused else {
                    pooled = nil
                    return
                }
                client.send(ResendTests.get)
                let upstream = try target.accept()
                _ = try upstream.request()
                upstream.send(ResendTests.answer)
                _ = try client.answer()
                pooled = upstream
            }

            /// The connection over which the request goes first.
            func first() throws -> Peer { try pooled ?? target.accept() }

            func end() async {
                client.close()
                await stage.end()
            }
        }

        @Test(arguments: [true, false])
        func `nothing is sent again after the first byte of an answer`(
            isReused: Bool
        ) async throws {
            for part in ["H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"] {
                for way in BrokenUpstreamTests.Way.allCases {
                    let scene = try await Scene(isReused: isReused)
                    scene.client.send(Self.get)
                    let upstream = try scene.first()
                    _ = try upstream.request()
                    upstream.send(part)
                    await scene.stage.settle()
                    if way == .closes { upstream.close() } else { upstream.reset() }
                    var message = try scene.client.answer()
                    if message.status == 103 { message = try scene.client.answer() }
                    #expect(message.status == 502, "\(part), \(way)")
                    let unwanted = try scene.target.acceptNow()
                    #expect(unwanted == nil, "\(part), \(way)")
                    await scene.end()
                }
            }
        }

        @Test(arguments: [true, false], BrokenUpstreamTests.Way.allCases)
        func `a request that is sent again has its whole body and its trailers again`(
            isReused: Bool, way: BrokenUpstreamTests.Way
        ) async throws {
            let body = Array("3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n".utf8)
            for count in 0...body.count {
                let scene = try await Scene(isReused: isReused)
                scene.client.send(
                    "PUT /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
                scene.client.send(body[..<count])
                let first = try scene.first()
                while first.received.isEmpty, first.receive() {}
                if way == .closes { first.close() } else { first.reset() }
                let second = try scene.target.accept()
                scene.client.send(body[count...])
                scene.client.send("\r\n")
                let request = try second.request()
                #expect(request.target == "/p")
                #expect(request.text == "abcde")
                #expect(request.trailers == ["X-Sum: 5"])
                second.send(Self.answer)
                #expect(try scene.client.answer().status == 200)
                await scene.end()
            }
        }
    }
}
