import Proxy
import Telemetry
import Testing

extension LiveTests {
    /// Every sample over real sockets, however its bytes are cut.
    @Suite
    struct RelayTests {
        @Test(arguments: WireSample.all, [1, 4])
        func `an exchange goes through whole`(sample: WireSample, workers: Int) async throws {
            try await onStage(workers: workers) { stage, target in
                let request = Array(sample.request.utf8)
                let response = Array(sample.response.utf8)
                for _ in 0..<2 { try await play(sample, [request], [response], stage, target) }
            }
        }

        @Test(arguments: WireSample.all)
        func `an exchange goes through byte by byte`(sample: WireSample) async throws {
            try await onStage { stage, target in
                let request = sample.request.utf8.map { [$0] }
                let response = sample.response.utf8.map { [$0] }
                try await play(sample, request, response, stage, target)
            }
        }

        @Test(arguments: WireSample.all)
        func `an exchange goes through with its request cut anywhere`(
            sample: WireSample
        ) async throws {
            try await onStage { stage, target in
                for pieces in cuts(sample.request) {
                    try await play(sample, pieces, [Array(sample.response.utf8)], stage, target)
                }
            }
        }

        @Test(arguments: WireSample.all)
        func `an exchange goes through with its answer cut anywhere`(
            sample: WireSample
        ) async throws {
            try await onStage { stage, target in
                for pieces in cuts(sample.response) {
                    try await play(sample, [Array(sample.request.utf8)], pieces, stage, target)
                }
            }
        }

        @Test
        func `requests sent at once are answered one after the other`() async throws {
            let origin = try Origin { peer, _ in
                while let request = peer.message(.request) {
                    let body = request.target + request.text
                    peer.send(
                        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
                }
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            var requests = ""
            for number in 0..<200 {
                requests += "POST /\(number) HTTP/1.1\r\nHost: h\r\n"
                requests +=
                    number.isMultiple(of: 2)
                    ? "Content-Length: 2\r\n\r\nab"
                    : "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
            }
            client.send(requests)
            for number in 0..<200 { #expect(try client.answer().text == "/\(number)ab") }
            #expect(client.received.isEmpty)
            client.close()
            await stage.end()
        }

        @Test
        func `a client that ends its side still gets all its answers`() async throws {
            let origin = try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            client.send(String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 3))
            client.endSending()
            for _ in 0..<3 { #expect(try client.answer().text == "ok") }
            #expect(client.receiveAll() == .ended)
            await stage.end()
        }

        private func onStage(
            workers: Int = 1, _ body: (Stage, Target) async throws -> Void
        ) async throws {
            let target = try Target()
            let stage = try await Stage(workers: workers, [[target.port]])
            try await body(stage, target)
            await stage.end()
        }

        /// Both halves, for every place to cut.
        private func cuts(_ text: String) -> [[[UInt8]]] {
            let bytes = Array(text.utf8)
            return (1..<bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
        }

        /// Plays both ends of one exchange and checks what each of them gets.
        private func play(
            _ sample: WireSample, _ request: [[UInt8]], _ response: [[UInt8]], _ stage: Stage,
            _ target: Target
        ) async throws {
            let client = try stage.client()
            for piece in request {
                client.send(piece)
                if request.count > 1 { await stage.settle() }
            }
            let upstream = try target.accept()
            let forwarded = try upstream.request()
            #expect(forwarded.target == sample.target)
            #expect(forwarded.text == sample.requestBody)
            #expect(forwarded.trailers == sample.requestTrailers)
            for piece in response {
                upstream.send(piece)
                if response.count > 1 { await stage.settle() }
            }
            if sample.closes { upstream.close() }
            for status in sample.interim { #expect(try client.answer().status == status) }
            let answer = try client.answer(toHead: sample.isHead)
            #expect(answer.status == sample.status)
            #expect(answer.text == sample.body)
            #expect(answer.trailers == sample.trailers)
            if sample.endsClient { #expect(client.receiveAll() == .ended) }
            #expect(client.received.isEmpty)
            #expect(upstream.received.isEmpty)
            // The next sample must not find this connection in the pool.
            upstream.close()
            client.close()
            await stage.counters { counters in
                let open = counters.connectionCounts(upstream: 0)
                return open.idle == 0 && open.active == 0
            }
        }
    }
}
