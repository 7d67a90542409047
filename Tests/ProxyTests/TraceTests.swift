import Kernel
import Proxy
import Settings
import Testing

extension LiveTests {
    /// What targets are told of traces, and what is told of exchanges as spans.
    @Suite
    struct TraceTests {
        private static let trace = "0af7651916cd43dd8448eb211c80319c"
        private static let parent = "b7ad6b7169203331"
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

        private static func traced(
            _ ports: [UInt16], sample: Double?, version: UpstreamVersion = .http1
        ) -> Snapshot {
            var snapshot = Stage.snapshot([ports], version: version)
            snapshot.traces = sample.map { TraceSettings(endpoint: "http://c", sample: $0) }
            return snapshot
        }

        /// One that is told of traces after a while without.
        private func stage(
            _ ports: [UInt16], sample: Double, version: UpstreamVersion = .http1
        ) async throws -> Stage {
            let stage = try await Stage([ports], version: version)
            try await stage.apply(Self.traced(ports, sample: sample, version: version))
            return stage
        }

        /// So many spans; those that there are when patience ends otherwise.
        private func spans(_ stage: Stage, count: Int) async -> [ExchangeSpan] {
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            var spans: [ExchangeSpan] = []
            while spans.count < count, Instant.now() < deadline {
                spans += stage.plane.takeSpans(most: 100)
                await Task.yield()
            }
            return spans
        }

        /// The fields of one request as its target gets them, over either HTTP on either side.
        private func told(
            _ stage: Stage, _ target: Target, _ fields: String, overHTTP2 isStream: Bool,
            toHTTP2 isTargetStream: Bool
        ) throws -> [(name: String, value: String)] {
            let streams = isStream ? try stage.streamClient() : nil
            let plain = isStream ? nil : try stage.client()
            let stream = try streams?.get("/p?q=secret", fields)
            plain?.send("GET /p?q=secret HTTP/1.1\r\nHost: h:8000\r\n\(fields)\r\n")
            var found: [(name: String, value: String)] = []
            if isTargetStream {
                let server = try target.acceptStreams()
                let (number, request) = try server.request()
                found = request.head.split(separator: "\r\n").dropFirst().map { line in
                    let parts = line.split(separator: ":", maxSplits: 1)
                    return (String(parts[0]), String(parts[1].drop { $0 == " " }))
                }
                server.answer(number)
                if let streams, let stream { _ = try streams.answer(stream) }
                _ = try plain?.answer()
            } else {
                let upstream = try target.accept()
                found = try upstream.request().fields.map { ($0.name.lowercased(), $0.value) }
                upstream.send(Self.ok)
                if let streams, let stream { _ = try streams.answer(stream) }
                _ = try plain?.answer()
                upstream.close()
            }
            streams?.peer.close()
            plain?.close()
            return found
        }

        private func values(
            _ name: String, _ fields: [(name: String, value: String)]
        ) -> [String] {
            fields.filter { $0.name.lowercased() == name }.map(\.value)
        }

        @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
        func `a trace goes on, and the target is told of our span`(
            isStream: Bool, isTargetStream: Bool
        ) async throws {
            let target = try Target()
            let stage = try await stage(
                [target.port], sample: 0, version: isTargetStream ? .http2 : .http1)
            let fields = try told(
                stage, target,
                "Traceparent: 00-\(Self.trace)-\(Self.parent)-01\r\ntracestate: a=1\r\n",
                overHTTP2: isStream, toHTTP2: isTargetStream)
            let span = try #require(await spans(stage, count: 1).first)
            let own = String(span.span, radix: 16)
            let padded = String(repeating: "0", count: 16 - own.count) + own
            #expect(values("traceparent", fields) == ["00-\(Self.trace)-\(padded)-01"])
            #expect(values("tracestate", fields) == ["a=1"])
            #expect(span.span != 0 && own != Self.parent)
            #expect(span.traceHigh == 0x0af7_6519_16cd_43dd)
            #expect(span.traceLow == 0x8448_eb21_1c80_319c)
            #expect(String(span.parent, radix: 16) == Self.parent)
            #expect((span.path, span.method, span.status) == ("/p", "GET", 200))
            #expect(span.version == (isStream ? "2" : "1.1"))
            #expect(span.host == (isStream ? "h" : "h:8000"))
            #expect((span.listener, span.split, span.upstream) == ("api", "kong", "x"))
            #expect(span.target == "127.0.0.1:\(target.port)")
            #expect((span.attempts, span.error) == (1, nil))
            #expect(span.began <= span.ended && span.ended <= WallClock.nanoseconds())
            #expect(stage.plane.takeSpans(most: 100).isEmpty)
            await stage.end()
        }

        @Test(
            arguments: [
                // A trace begins here, sampled or not; nothing of the client's goes on.
                ("", 1.0, true), ("", 0, false), ("tracestate: a=1\r\n", 1, true),
                ("traceparent: 00-\(trace)-\(parent)-1\r\ntracestate: a=1\r\n", 1, true),
                ("traceparent: 00-\(trace)-0000000000000000-01\r\n", 0, false),
                (
                    "traceparent: 00-\(trace)-\(parent)-01\r\n"
                        + "traceparent: 00-\(trace)-\(parent)-01\r\n", 0, false
                ),
            ], [false, true])
        func `a trace begins here where the client has none that is valid`(
            sample: (fields: String, share: Double, isSampled: Bool), isStream: Bool
        ) async throws {
            let target = try Target()
            let stage = try await stage([target.port], sample: sample.share)
            let fields = try told(
                stage, target, sample.fields, overHTTP2: isStream, toHTTP2: false)
            let names = values("x-request-id", fields)
            let parents = values("traceparent", fields)
            #expect(parents.count == 1 && names.count == 1)
            let parts = (parents.first ?? "").split(separator: "-")
            #expect(parts.count == 4 && parts[0] == "00")
            // The trace has the request's own name.
            #expect(parts.dropFirst().first.map(String.init) == names.first)
            #expect(parts.last == (sample.isSampled ? "01" : "00"))
            #expect(values("tracestate", fields).isEmpty)
            let found = await spans(stage, count: sample.isSampled ? 1 : 0)
            #expect(found.map(\.parent) == (sample.isSampled ? [0] : []))
            #expect(found.allSatisfy { String($0.span, radix: 16) == Self.unpadded(parts[2]) })
            await stage.end()
        }

        private static func unpadded(_ digits: Substring) -> String {
            String(digits.drop { $0 == "0" })
        }

        @Test func `what the client does not want sampled is passed on, and told to nobody`()
            async throws
        {
            let target = try Target()
            let stage = try await stage([target.port], sample: 1)
            let fields = try told(
                stage, target,
                "traceparent: 7f-\(Self.trace)-\(Self.parent)-fe-more\r\ntracestate: a=1\r\n",
                overHTTP2: false, toHTTP2: false)
            let found = try #require(values("traceparent", fields).first)
            #expect(found.hasPrefix("00-\(Self.trace)-") && found.hasSuffix("-00"))
            #expect(!found.contains(Self.parent))
            #expect(values("tracestate", fields) == ["a=1"])
            await stage.end()
            #expect(stage.plane.takeSpans(most: 100).isEmpty)
        }

        @Test func `a share of the requests is traced`() async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await stage([origin.port], sample: 0.5)
            let client = try stage.client()
            for _ in 0..<10 {
                client.send(String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 40))
                for _ in 0..<40 { #expect(try client.answer().status == 200) }
            }
            client.close()
            await stage.end()
            // 200 ± 100 would be ten times the deviation that chance makes.
            let found = stage.plane.takeSpans(most: 1_000)
            #expect((100...300).contains(found.count), "\(found.count)")
            #expect(Set(found.map(\.span)).count == found.count)
            #expect(Set(found.map(\.traceLow)).count == found.count)
        }

        @Test func `an answer of our own is a span too`() async throws {
            let stage = try await stage([1], sample: 1)
            let client = try stage.client()
            let path = "/" + String(repeating: "a", count: 200)
            client.send(
                "WEIRD \(path) HTTP/1.1\r\nHost: \(String(repeating: "h", count: 70))\r\n\r\n")
            #expect(try client.answer().status == 502)
            let span = try #require(await spans(stage, count: 1).first)
            #expect((span.status, span.error, span.attempts) == (502, "connect_failed", 1))
            #expect(span.method == nil)
            #expect(span.path == path.prefix(128))
            #expect(span.host.utf8.count == 64)
            client.close()
            await stage.end()
        }

        @Test func `each target that is tried counts`() async throws {
            let target = try Target()
            var snapshot = Self.traced([target.port], sample: 1)
            snapshot.upstreams[0].retries = RetrySettings(count: 1)
            let stage = try await Stage([[target.port]])
            try await stage.apply(snapshot)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let first = try target.accept()
            _ = try first.request()
            first.reset()
            let second = try target.accept()
            _ = try second.request()
            second.send(Self.ok)
            #expect(try client.answer().status == 200)
            let span = try #require(await spans(stage, count: 1).first)
            #expect((span.status, span.error, span.attempts) == (200, nil, 2))
            client.close()
            await stage.end()
        }

        @Test func `what breaks in the middle says how`() async throws {
            let target = try Target()
            let stage = try await stage([target.port], sample: 1)
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            upstream.close()
            client.receiveAll()
            let span = try #require(await spans(stage, count: 1).first)
            #expect((span.status, span.error) == (200, "upstream_closed"))
            await stage.end()
        }

        @Test func `settings change while requests are under way`() async throws {
            let target = try Target()
            let stage = try await stage([target.port], sample: 1)
            let client = try stage.client()
            var upstream: Peer?
            // On, off, on; each change comes while a request waits for its answer.
            let steps: [(Double?, Double?, Int)] = [
                (1, nil, 0), (nil, 1, 0), (1, 0, 1), (0, 1, 0),
            ]
            for (sample, next, count) in steps {
                client.send("GET / HTTP/1.1\r\nHost: h\r\ntraceparent: x\r\n\r\n")
                let peer = try upstream ?? target.accept()
                upstream = peer
                let told = try peer.request()["traceparent"]
                #expect((told == "x") == (sample == nil))
                try await stage.apply(Self.traced([target.port], sample: next))
                peer.send(Self.ok)
                #expect(try client.answer().status == 200)
                #expect(await spans(stage, count: count).count == count)
                #expect(stage.plane.takeSpans(most: 10).isEmpty)
            }
            client.close()
            await stage.end()
        }

        @Test func `spans that nobody takes are lost and counted, and hold up nothing`()
            async throws
        {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await stage([origin.port], sample: 1)
            let client = try stage.client()
            for _ in 0..<21 {
                client.send(String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 100))
                for _ in 0..<100 { #expect(try client.answer().status == 200) }
            }
            client.close()
            await stage.end()
            let found = stage.plane.takeSpans(most: 10_000)
            #expect(found.count == 2_048)
            #expect(stage.plane.lostSpanCount == 2_100 - 2_048)
        }
    }
}
