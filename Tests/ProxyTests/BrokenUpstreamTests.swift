import Proxy
import Telemetry
import Testing

extension LiveTests {
    /// An upstream that goes away in the middle: the client never gets a part for the whole.
    @Suite
    struct BrokenUpstreamTests {
        enum Way: Sendable, CaseIterable {
            case closes, resets
        }

        @Test(arguments: WireSample.all, Way.allCases)
        func `an answer cut short anywhere never looks whole`(
            sample: WireSample, way: Way
        ) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let response = Array(sample.response.utf8)
            for count in 0..<response.count {
                try await play(sample, response[..<count], way, stage, target)
            }
            await stage.end()
        }

        private func play(
            _ sample: WireSample, _ part: ArraySlice<UInt8>, _ way: Way, _ stage: Stage,
            _ target: Target
        ) async throws {
            let client = try stage.client()
            client.send(sample.request)
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(part)
            await stage.settle()
            if way == .closes { upstream.close() } else { upstream.reset() }
            var message = client.message(sample.isHead ? .answerToHead : .answer)
            for status in sample.interim where message?.status == status {
                message = client.message(.answer)
            }
            if let message {
                check(message, of: sample, part.count, way)
                client.close()
            } else {
                // What came was cut off by a reset, or by an end where a length or chunks tell.
                let isToldApart =
                    client.end == .reset || sample.tellsItsEnd && client.end == .ended
                #expect(isToldApart, "\(part.count) bytes, then \(way)")
            }
        }

        /// A whole answer after a part of one: either ours, or it was whole after all.
        private func check(_ message: Message, of sample: WireSample, _ count: Int, _ way: Way) {
            if message["x-sluice-error"] != nil {
                #expect(message.status == 502)
                return
            }
            let headCount = sample.response.utf8.count - lastBodyCount(of: sample)
            #expect(count >= headCount, "a head cut short after \(count) bytes")
            if sample.closes {
                // Until the close: what came before it is the body, and a reset is no close.
                #expect(way == .closes, "a body cut off by a reset after \(count) bytes")
                #expect(sample.body.hasPrefix(message.text))
            } else {
                #expect(message.text == sample.body, "\(count) bytes")
            }
        }

        /// How many bytes follow the final head.
        private func lastBodyCount(of sample: WireSample) -> Int {
            let bytes = Array(sample.response.utf8)
            var start = 0
            while let message = Message(Array(bytes[start...]), .answerToHead, hasEnded: true) {
                start += message.byteCount
                if message.status >= 200 { break }
            }
            return bytes.count - start
        }

        @Test
        func `an answer until the close that is reset breaks HTTP 1 dot 0 clients too`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send("GET / HTTP/1.0\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send("HTTP/1.1 200 OK\r\n\r\nhalf of it")
            await stage.settle()
            upstream.reset()
            #expect(client.receiveAll() == .reset)
            await stage.end()
        }

        @Test(arguments: [
            "garbage\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 099 Low\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "\u{0}\u{1}\u{2}", "\r\n\r\n\r\n", "HTTP/1.1 200 OK\r\n X: folded\r\n\r\n",
        ])
        func `an answer that breaks the rules becomes 502 and a counted failure`(
            response: String
        ) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            for _ in 0..<2 {
                client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let upstream = try target.accept()
                _ = try upstream.request()
                upstream.send(response)
                let answer = try client.answer()
                #expect(answer.status == 502)
                #expect(answer["x-sluice-error"] != nil)
                #expect(upstream.receiveAll() != .late)
            }
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.failureCount(lane: 0, kind: .protocol) == 2)
            #expect(counters.requestCount(lane: 0, code: 502) == 2)
            await stage.end()
        }

        @Test(arguments: ["x", "1\r\nab\r\n", "ffffffffffffffffff\r\n", "-1\r\n", "1\n"])
        func `broken chunks break the client's connection`(chunks: String) async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
            await stage.settle()
            upstream.send(chunks)
            #expect(client.message(.answer) == nil)
            #expect(client.end == .reset)
            await stage.end()
        }

        @Test
        func `bytes behind an answer never reach the next client`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            for number in 0..<3 {
                client.send("GET /\(number) HTTP/1.1\r\nHost: h\r\n\r\n")
                let upstream = try target.accept()
                #expect(try upstream.request().target == "/\(number)")
                upstream.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)"
                        + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
                #expect(try client.answer().text == "\(number)")
                #expect(upstream.receiveAll() != .late)
            }
            #expect(client.received.isEmpty)
            client.close()
            await stage.end()
        }

        @Test
        func `what a pooled connection says unasked is not taken for an answer`() async throws {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let client = try stage.client()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let first = try target.accept()
            _ = try first.request()
            first.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = try client.answer()
            await stage.settle()
            first.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
            await stage.settle()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let second = try target.accept()
            _ = try second.request()
            second.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            #expect(try client.answer().text == "ok")
            client.close()
            await stage.end()
        }
    }
}
