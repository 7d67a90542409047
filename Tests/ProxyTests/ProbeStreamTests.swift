import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Checks of targets that speak HTTP/2.
    @Suite
    struct ProbeStreamTests {
        private static func outcome(
            _ stage: Stage, _ port: UInt16, isHead: Bool = false
        ) async -> ProbeOutcome {
            let text = "\(isHead ? "HEAD" : "GET") /status HTTP/1.1\r\nHost: h\r\n"
            return await stage.plane.probe(
                Probe(
                    address: SocketAddress(version4: 0x7f00_0001, port: port),
                    question: .request(
                        Array((text + "Connection: close\r\n\r\n").utf8), isHead: isHead),
                    timeoutMilliseconds: 20_000, upstream: "x", setting: "127.0.0.1:\(port)"),
                byWorker: 0)
        }

        @Test(arguments: [0, 2, 70_000])
        func `a check asks over a stream, and reads as much of the answer as of others`(size: Int)
            async throws
        {
            let origin = try Origin(streaming: { request in
                (
                    "HTTP/1.1 \(request.target == "/status" ? 200 : 404) \r\n\r\n",
                    [UInt8](repeating: 7, count: size)
                )
            })
            let stage = try await Stage([[origin.port]], version: .http2)
            let outcome = await Self.outcome(stage, origin.port)
            #expect(
                outcome
                    == .answered(
                        ProbeAnswer(
                            status: 200, isKong: false,
                            body: [UInt8](repeating: 7, count: min(size, 65_536)),
                            isWhole: size < 65_536)))
            await stage.end()
        }

        @Test func `an answer to HEAD is its head`() async throws {
            let origin = try Origin(streaming: { _ in
                ("HTTP/1.1 503 \r\nContent-Length: 5\r\nServer: kong/3.9\r\n\r\n", [])
            })
            let stage = try await Stage([[origin.port]], version: .http2)
            guard
                case .answered(let answer) = await Self.outcome(
                    stage, origin.port, isHead: true)
            else {
                Issue.record("no answer")
                return await stage.end()
            }
            #expect(answer.status == 503)
            #expect(answer.isWhole)
            await stage.end()
        }

        @Test(arguments: ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""])
        func `a target that speaks something else does not answer`(text: String) async throws {
            let origin = try Origin { peer, _ in
                _ = peer.receive()
                peer.send(text)
            }
            let stage = try await Stage([[origin.port]], version: .http2)
            let outcome = await Self.outcome(stage, origin.port)
            #expect([.broken("http2_invalid"), .closed, .reset].contains(outcome), "\(outcome)")
            origin.stop()
            await stage.end()
        }

        @Test func `a stream that is reset is no answer`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], version: .http2)
            let port = target.port
            async let outcome = Self.outcome(stage, port)
            let server = try StreamServer(await target.accepted())
            server.reset(try server.stream(), code: 7)
            #expect(await outcome == .reset)
            await stage.end()
        }
    }
}
