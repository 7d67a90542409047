import HTTP2
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Calls of gRPC, frame by frame.
    @Suite
    struct GRPCTests {
        private static let head =
            "POST /pkg.Service/Call HTTP/1.1\r\nHost: h\r\nContent-Type: application/grpc+proto\r\n"
            + "TE: trailers\r\ngrpc-timeout: 5S\r\n\r\n"

        @Test func `a call and its status go both ways`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let stream = try client.open(Self.head, isLast: false)
            client.write([0, 0, 0, 0, 1, 9], to: stream, isLast: true)
            let server = try target.acceptStreams()
            let (first, request) = try server.request()
            for line in [
                "te: trailers", "grpc-timeout: 5S", "content-type: application/grpc+proto",
            ] {
                #expect(request.head.contains("\r\n\(line)\r\n"))
            }
            server.answer(
                first, "HTTP/1.1 200 \r\ncontent-type: application/grpc\r\n\r\n", [1, 2],
                isLast: false)
            server.finish(first, trailers: "grpc-status: 5\r\ngrpc-message: gone%20away\r\n\r\n")
            let answer = try client.answer(stream)
            #expect(answer.trailers == "grpc-status: 5\r\ngrpc-message: gone%20away\r\n\r\n")
            #expect(answer.body == [1, 2])

            // An answer that is nothing but a head.
            let next = try client.open(Self.head, isLast: true)
            let (second, _) = try server.request(1)
            server.answer(
                second,
                "HTTP/1.1 200 \r\ncontent-type: application/grpc\r\ngrpc-status: 16\r\n\r\n")
            let only = try client.answer(next)
            #expect(only.head.contains("grpc-status: 16\r\n"))
            #expect(only.body.isEmpty)
            #expect(only.trailers.isEmpty)
            let counters = await stage.counters {
                $0.grpcCount(lane: 0, column: 5) == 1 && $0.grpcCount(lane: 0, column: 16) == 1
            }
            #expect(counters.grpcCount(lane: 0, column: 5) == 1)
            #expect(counters.grpcCount(lane: 0, column: 16) == 1)
            client.peer.close()
            await stage.end()
        }

        @Test(arguments: ["application/grpc", "application/grpc+json", "application/grpc;a=b"])
        func `a call that finds no target is unavailable`(type: String) async throws {
            let stage = try await Stage([[1]], version: .http2)
            let client = try stage.streamClient()
            let stream = try client.open(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: \(type)\r\n\r\n", isLast: false)
            client.write([1], to: stream, isLast: true)
            let answer = try client.answer(stream)
            #expect(answer.status == 200)
            for line in [
                "content-type: application/grpc", "grpc-status: 14",
                "grpc-message: No upstream could be connected to.",
                "x-sluice-error: connect_failed",
            ] {
                #expect(answer.head.contains("\r\n\(line)\r\n"), "\(answer.head)")
            }
            #expect(answer.body.isEmpty)
            let counters = await stage.counters { $0.grpcCount(lane: 0, column: 14) == 1 }
            #expect(counters.grpcCount(lane: 0, column: 14) == 1)
            // For rules that look at statuses it is what another client would have got.
            #expect(counters.requestCount(lane: 0, code: 502) == 1)
            client.peer.close()
            await stage.end()
        }

        @Test(arguments: [(path: 1_000, field: 1), (path: 1, field: 9_000)])
        func `a call that is refused at once is told so as a call`(
            path: Int, field: Int
        ) async throws {
            let limits = ListenerLimits(headBytes: 8_192, uriBytes: 500)
            let stage = try await Stage([[1]], limits: limits, version: .http2)
            let client = try stage.streamClient()
            let stream = try client.open(
                """
                POST /\(String(repeating: "p", count: path)) HTTP/1.1\r\nHost: h\r\n\
                Content-Type: application/grpc\r\nX: \(String(repeating: "x", count: field))\r\n\r\n
                """)
            let answer = try client.answer(stream)
            #expect(answer.status == 200)
            #expect(answer.head.contains("\r\ngrpc-status: 14\r\n"), "\(answer.head)")
            #expect(answer.head.contains("\r\nx-sluice-error: "))
            client.peer.close()
            await stage.end()
        }

        @Test(arguments: ["application/grpc-web", "application/json", "text/application/grpc"])
        func `other content gets another answer`(type: String) async throws {
            let stage = try await Stage([[1]], version: .http2)
            let client = try stage.streamClient()
            let stream = try client.open(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: \(type)\r\n\r\n")
            #expect(try client.answer(stream).status == 502)
            client.peer.close()
            await stage.end()
        }

        @Test func `a call that is given up is counted without a status`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let client = try stage.streamClient()
            let stream = try client.open(Self.head, isLast: false)
            let server = try target.acceptStreams()
            let first = try server.stream()
            client.reset(stream)
            #expect(server.receive(until: { server.requests[first]?.code != nil }))
            #expect(server.requests[first]?.code == HTTP2Code.cancel)
            let counters = await stage.counters {
                $0.grpcCount(lane: 0, column: GRPCStatus.none) == 1
            }
            #expect(counters.grpcCount(lane: 0, column: GRPCStatus.none) == 1)
            client.peer.close()
            await stage.end()
        }
    }
}
