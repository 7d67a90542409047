import Foundation
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// What stands in the access log of exchanges over real sockets.
    @Suite
    struct AccessLogTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        @Test
        func `an exchange is one line that tells all about it`() async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            let client = try stage.client()
            client.send(
                "POST /p?q=1 HTTP/1.1\r\nHost: api.example\r\nUser-Agent: test/1\r\n"
                    + "Referer: http://r/\r\nX-Request-Id: mine-1\r\nContent-Length: 5\r\n\r\nhello"
            )
            #expect(try client.answer().status == 200)
            let entry = try #require(try await folder.entries(count: 1).first)
            let texts = [
                "client": "127.0.0.1", "method": "POST", "path": "/p?q=1",
                "protocol": "HTTP/1.1", "host": "api.example", "listener": "api",
                "split": "kong", "chosen_by": "sequence", "upstream": "x",
                "target": "127.0.0.1:\(origin.port)", "error": "", "request_id": "mine-1",
                "user_agent": "test/1", "referer": "http://r/",
            ]
            for (name, text) in texts { #expect(entry[name] == text, "\(name)") }
            let numbers = ["status": 200.0, "bytes_sent": 2, "bytes_received": 5, "retries": 0]
            for (name, number) in numbers { #expect(entry[number: name] == number, "\(name)") }
            let (duration, first) = (entry[number: "duration"], entry[number: "upstream_time"])
            #expect(try #require(duration) >= #require(first))
            #expect(entry["time"]?.wholeMatch(of: /\d{4}-\d\d-\d\dT[0-9:]{8}\.\d{3}Z/) != nil)
            #expect(entry.names.count == texts.count + numbers.count + 3)
            client.close()
            await stage.end()
        }

        @Test
        func `the time is that of the wall clock when the request began`() async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage([[target.port]], accessLog: folder.settings())
            let client = try stage.client()
            let before = Date()
            client.send(Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            let began = Date()
            // Later than when the line's time was taken, if that is the request's.
            while Date().timeIntervalSince(began) < 0.05 { await Task.yield() }
            upstream.send(Self.ok)
            _ = try client.answer()
            let entry = try #require(try await folder.entries(count: 1).first)
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            let time = try #require(entry["time"].flatMap(formatter.date(from:)))
            // A millisecond is cut off, and the two clocks are read one after the other.
            #expect(time > before.addingTimeInterval(-0.01))
            #expect(time < began.addingTimeInterval(0.01))
            #expect(try #require(entry[number: "duration"]) >= 0.05)
            client.close()
            await stage.end()
        }

        @Test(
            arguments: [
                // The body as it went out, chunk by chunk or not; the head never.
                ("GET", ok, 2), ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 0),
                ("GET", "HTTP/1.1 204 No Content\r\n\r\n", 0),
                (
                    "GET",
                    "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\(ok)",
                    2
                ),
                (
                    "GET",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 12
                ),
            ])
        func `the bytes that are told are those of the body`(
            method: String, answer: String, count: Double
        ) async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in answer }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            let client = try stage.client()
            for _ in 0..<2 {
                client.send("\(method) / HTTP/1.1\r\nHost: h\r\n\r\n")
                repeat {
                    let got = try client.answer(toHead: method == "HEAD")
                    if got.status >= 200 { break }
                } while true
            }
            let entries = try await folder.entries(count: 2)
            #expect(entries.map { $0[number: "bytes_sent"] } == [count, count])
            #expect(entries.map { $0[number: "bytes_received"] } == [0, 0])
            client.close()
            await stage.end()
        }

        @Test
        func `large bodies are told to the byte, both ways`() async throws {
            let folder = try LogFolder()
            let size = 3_000_000
            let body = String(repeating: "b", count: size)
            let origin = try Origin { _ in
                "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n\(body)"
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            let client = try stage.client()
            client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n\(body)")
            #expect(try client.answer().body.count == size)
            let entry = try #require(try await folder.entries(count: 1).first)
            #expect(entry[number: "bytes_sent"] == Double(size))
            #expect(entry[number: "bytes_received"] == Double(size))
            client.close()
            await stage.end()
        }

        @Test(
            arguments: [
                ("NONSENSE\r\n\r\n", 400, "bad_request_line", "", "NONSENSE"),
                ("GET /a HTTP/1.1\r\n\r\n", 400, "missing_host", "GET", "/a"),
                ("GET /\u{7} HTTP/1.1\r\n\r\n", 400, "bad_request_line", "GET", "/\u{7}"),
                ("CONNECT a:1 HTTP/1.1\r\n\r\n", 501, "connect_not_supported", "CONNECT", "a:1"),
                ("GET / HTTP/3.0\r\n\r\n", 505, "unsupported_version", "GET", "/"),
                (
                    "\u{16}\u{3}\u{1}\u{0}\"\r\n", 400, "tls_on_plain_port", "",
                    "\u{16}\u{3}\u{1}\u{0}\""
                ),
                (
                    "GET / HTTP/1.1\r\nHost: h\r\n"
                        + String(repeating: "A: b\r\n", count: 300) + "\r\n", 431,
                    "too_many_fields", "GET", "/"
                ),
            ])
        func `what is refused before it is an exchange is a line as well`(
            sent: String, status: Int, error: String, method: String, path: String
        ) async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage([[target.port]], accessLog: folder.settings())
            let client = try stage.client()
            client.send(sent)
            let answer = try client.answer()
            client.close()
            #expect(answer.status == status)
            let entry = try #require(try await folder.entries(count: 1).first)
            #expect(entry.status == status && entry["error"] == error)
            #expect(entry["method"] == method && entry["path"] == path)
            #expect(entry["client"] == "127.0.0.1" && entry["listener"] == "api")
            #expect(entry["upstream"] == "" && entry["split"] == "" && entry["protocol"] == "")
            #expect(entry[number: "bytes_sent"] == Double(answer.body.count))
            let id = try #require(entry["request_id"])
            #expect(id.wholeMatch(of: /[0-9a-f]{32}/) != nil && answer["x-request-id"] == id)
            await stage.end()
        }

        @Test
        func `a target that is too long is cut with a mark`() async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            let client = try stage.client()
            let path = "/" + String(repeating: "p", count: 9_999)
            client.send("GET \(path) HTTP/1.1\r\nHost: h\r\nUser-Agent: \(path)\r\n\r\n")
            #expect(try client.answer().status == 200)
            client.send("GET \(path)\(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().status == 414)
            let entries = try await folder.entries(count: 2)
            let kept = path.prefix(4_096)
            #expect(entries.map { $0["path"] } == ["\(kept)...(+5904)", "\(kept)...(+15904)"])
            #expect(entries[0]["user_agent"] == "\(path.prefix(1_024))...(+8976)")
            #expect(entries[1]["error"] == "uri_too_long")
            client.close()
            await stage.end()
        }

        @Test
        func `a head that does not come in time is a line`() async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(headMilliseconds: 100),
                accessLog: folder.settings())
            let client = try stage.client()
            client.send("GET /slow HTTP/1.1\r\nHost")
            #expect(try client.answer().status == 408)
            let entry = try #require(try await folder.entries(count: 1).first)
            #expect(entry.status == 408 && entry["path"] == "/slow")
            #expect(try #require(entry[number: "duration"]) >= 0.1)
            client.close()
            await stage.end()
        }

        @Test(arguments: [AccessLogSettings.Format.json, .combined])
        func `whatever a client sends, a line is one line`(
            format: AccessLogSettings.Format
        ) async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings(as: format))
            var random = SeededRandom(seed: 31)
            var count = 0
            for round in 0..<150 {
                let client = try stage.client()
                let bytes = (0..<60).map { _ in UInt8.random(in: 0...255, using: &random) }
                let field = bytes.map { $0 < 0x20 || $0 == 0x7f ? 0x22 : $0 }
                let path = bytes.map { (0x22...0x7e).contains($0) && $0 != 0x23 ? $0 : 0x5c }
                var sent = Array("GET /".utf8)
                sent += round.isMultiple(of: 3) ? bytes : path
                sent += Array(" HTTP/1.1\r\nHost: h\r\nReferer: ".utf8) + field
                sent += Array("\r\nUser-Agent: ".utf8) + field.reversed() + Array("\r\n\r\n".utf8)
                client.send(sent)
                client.endSending()
                // Bytes that look like an unfinished request are no request.
                if (try? client.answer()) != nil { count += 1 }
                client.close()
            }
            let lines = await folder.lines(count: count)
            #expect(lines.count == count && count > 100)
            for line in lines {
                #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f })
                if format == .json {
                    _ = try LogEntry(line)
                } else {
                    let pattern =
                        /127\.0\.0\.1 - - \[[^\]]+\] "([^"]*)" \d{3} \d+ "([^"]*)" "([^"]*)"/
                    #expect(line.wholeMatch(of: pattern) != nil, "\(line)")
                }
            }
            await stage.end()
        }

        @Test
        func `without settings there is no log`() async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let client = try stage.client()
            client.send(Self.get)
            _ = try client.answer()
            #expect(stage.plane.accessLog == AccessLogReport())
            #expect(await stage.plane.reopenAccessLog() == nil)
            client.close()
            await stage.end()
        }

        @Test(arguments: [1, 4])
        func `as many lines as requests are counted`(workers: Int) async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(
                workers: workers, [[origin.port]], accessLog: folder.settings())
            var clients: [Peer] = []
            for number in 0..<20 {
                let client = try stage.client()
                let requests = (0..<50).map {
                    "GET /\(number)/\($0) HTTP/1.1\r\nHost: h\r\n\r\n"
                }
                client.send(requests.joined())
                clients.append(client)
            }
            for client in clients {
                for _ in 0..<50 { #expect(try client.answer().status == 200) }
            }
            let entries = try await folder.entries(count: 1_000)
            let paths = Set(entries.compactMap { $0["path"] })
            #expect(entries.count == 1_000 && paths.count == 1_000)
            let ids = Set(entries.compactMap { $0["request_id"] })
            #expect(ids.count == 1_000)
            let counters = await stage.plane.counters()
            #expect(counters.downstreamRequestCount(listener: 0) == 1_000)
            #expect(counters.droppedLogLines == 0)
            let report = stage.plane.accessLog
            #expect(report.writtenLines == 1_000 && report.waitingLines == 0)
            #expect(report.fault == nil && report.settings == folder.settings())
            for client in clients { client.close() }
            await stage.end()
        }
    }
}
