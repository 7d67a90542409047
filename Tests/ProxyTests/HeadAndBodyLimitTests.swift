import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// How large a request may be, at each listener.
    @Suite
    struct HeadAndBodyLimitTests {
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        private static let small = ListenerLimits(
            headBytes: 400, fields: 5, uriBytes: 50, bodyBytes: 10)

        private static func head(fields: Int = 1, target: Int = 1, padding: Int = 0) -> String {
            let path = "/" + String(repeating: "a", count: target - 1)
            let more = String(repeating: "A: b\r\n", count: fields - 1)
            let pad = padding > 0 ? "P: \(String(repeating: "p", count: padding))\r\n" : ""
            return "GET \(path) HTTP/1.1\r\nHost: h\r\n\(more)\(pad)\r\n"
        }

        @Test(arguments: [
            (head(fields: 5), 200), (head(fields: 6), 431), (head(target: 50), 200),
            (head(target: 51), 414), (head(padding: 368), 200), (head(padding: 369), 431),
            (head(target: 5_000), 414), (head(padding: 70_000), 431),
        ])
        func `a head is measured by its listener's limits`(
            request: String, status: Int
        ) async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], limits: Self.small)
            let client = try stage.client()
            client.send(request)
            let answer = try client.answer()
            #expect(answer.status == status)
            if status == 200 {
                client.send(request + request)
                for _ in 0..<2 { #expect(try client.answer().status == 200) }
            } else {
                #expect(answer["connection"] == "close")
                #expect(client.receiveAll() == .ended)
            }
            client.close()
            await stage.end()
        }

        @Test
        func `a head that comes byte by byte is measured as it comes`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], limits: Self.small)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nA: ")
            // It never ends: at the limit it is refused.
            for _ in 0..<400 {
                client.send("x")
                await stage.settle()
            }
            #expect(try client.answer().status == 431)
            #expect(client.receiveAll() == .ended)
            client.close()
            await stage.end()
        }

        @Test
        func `a change of the limits is in force for the next head of every connection`()
            async throws
        {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(workers: 2, [[origin.port]])
            let clients = try (0..<8).map { _ in try stage.client() }
            let request = Self.head(fields: 100, target: 60)
            for limits in [ListenerLimits(), ListenerLimits(fields: 100, uriBytes: 60)] {
                try await stage.apply(Stage.snapshot([[origin.port]], limits: limits))
                for client in clients {
                    client.send(request)
                    #expect(try client.answer().status == 200)
                }
            }
            // Half of it is here when the limits change.
            let half = request.utf8.count / 2
            for client in clients { client.send(request.utf8.prefix(half)) }
            await stage.settle()
            try await stage.apply(
                Stage.snapshot([[origin.port]], limits: ListenerLimits(fields: 99)))
            for client in clients {
                client.send(request.utf8.dropFirst(half))
                #expect(try client.answer().status == 431)
                client.close()
            }
            await stage.end()
        }

        @Test
        func `a request that was taken on goes out, although its head is too large by now`()
            async throws
        {
            let pit = try TarPit()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let ports = [[pit.port], [origin.port]]
            let stage = try await Stage(ports, weights: [1, 0])
            let client = try stage.client()
            client.send(Self.head(fields: 100, target: 1_000, padding: 20_000))
            await stage.counters { $0.inflightCount(lane: 0) == 1 }
            // Another head is parsed in between.
            let other = try stage.client()
            other.send("nonsense\r\n\r\n")
            #expect(try other.answer().status == 400)
            try await stage.apply(
                Stage.snapshot(
                    ports, weights: [0, 1],
                    limits: ListenerLimits(headBytes: 100, fields: 1, uriBytes: 1)))
            #expect(try client.answer().text == "ok")
            for peer in [client, other] { peer.close() }
            await stage.end()
        }

        @Test(arguments: [
            ("POST", "", 10, 200), ("POST", "", 11, 413),
            ("PUT", "Expect: 100-continue\r\n", 11, 413),
            ("POST", "", 9_223_372_036_854_775_807, 413), ("HEAD", "", 11, 413),
            ("GET", "", 0, 200),
        ])
        func `a body whose length is told is refused before anybody is asked`(
            method: String, more: String, length: Int, status: Int
        ) async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], limits: Self.small)
            let client = try stage.client()
            client.send(
                "\(method) / HTTP/1.1\r\nHost: h\r\n\(more)Content-Length: \(length)\r\n\r\n")
            if status == 200 { client.send(String(repeating: "x", count: length)) }
            let answer = try client.answer(toHead: method == "HEAD")
            #expect(answer.status == status)
            if status == 413 {
                #expect(answer["x-sluice-error"] == "body_too_large")
                #expect(answer["connection"] == "close")
                #expect(client.receiveAll() == .ended)
                #expect(client.received.isEmpty)
                #expect(origin.connectionCount == 0)
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.downstreamRequestCount(listener: 0, code: status) == 1)
            await stage.end()
        }

        @Test(
            arguments: [
                "b\r\n", "ffffffff\r\n", "a\r\nabcdefghij\r\n1\r\nx\r\n0\r\n\r\n",
                String(repeating: "1\r\nx\r\n", count: 11) + "0\r\n\r\n",
            ], [false, true])
        func `a chunked body that grows too large is refused and never reaches the upstream whole`(
            chunks: String, comesInPieces: Bool
        ) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]], limits: Self.small)
            let client = try stage.client()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            if comesInPieces {
                for byte in chunks.utf8 {
                    client.send([byte])
                    await stage.settle()
                }
            } else {
                client.send(chunks)
            }
            let answer = try client.answer()
            #expect(answer.status == 413)
            #expect(answer["x-sluice-error"] == "body_too_large")
            #expect(client.receiveAll() == .ended)
            let upstream = try target.accept()
            #expect(upstream.message(.request) == nil)
            #expect(upstream.end != .late)
            let text = String(decoding: upstream.received, as: UTF8.self)
            #expect(!text.contains("\r\n0\r\n"))
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.requestCount(lane: 0, code: 413) == 1)
            #expect(counters.failureCount(lane: 0, kind: .protocol) == 0)
            await stage.end()
        }

        @Test
        func `a chunked body at the limit passes, also the second time`() async throws {
            let origin = try Origin { peer, number in
                guard let first = peer.message(.request), peer.send(Self.ok) else { return }
                // The first connection closes when the second request is on its way.
                if number == 1 {
                    _ = peer.message(.request)
                    return
                }
                #expect(first.text == "0123456789")
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], limits: Self.small)
            let client = try stage.client()
            for _ in 0..<2 {
                client.send(
                    "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n")
                #expect(try client.answer().text == "ok")
            }
            #expect(origin.connectionCount == 2)
            client.close()
            await stage.end()
        }

        @Test
        func `a body that grows too large behind the beginning of the answer breaks it off`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]], limits: Self.small)
            let client = try stage.client()
            client.send(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            let upstream = try target.accept()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
            await stage.counters { $0.firstByteHistogram(lane: 0).count == 1 }
            client.send("a\r\n")
            #expect(client.message(.answer) == nil)
            #expect(client.end == .reset)
            #expect(upstream.message(.request) == nil)
            #expect(upstream.end != .late)
            client.close()
            await stage.end()
        }
    }
}
