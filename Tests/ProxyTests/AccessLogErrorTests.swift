import Foundation
import Kernel
import Proxy
import Settings
import Testing

extension LiveTests {
    /// What the access log says of exchanges that went wrong.
    @Suite
    struct AccessLogErrorTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        private static let half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"

        @Test
        func `an own answer is told by its kind and its request's name`() async throws {
            let folder = try LogFolder()
            let closed = try Target()
            closed.close()
            let stage = try await Stage([[closed.port]], accessLog: folder.settings())
            let client = try stage.client()
            for id in ["", "X-Request-Id: mine\r\n"] {
                client.send("GET / HTTP/1.1\r\nHost: h\r\n\(id)\r\n")
            }
            let answers = [try client.answer(), try client.answer()]
            let entries = try await folder.entries(count: 2)
            for (entry, answer) in zip(entries, answers) {
                #expect(entry.status == 502 && entry["error"] == "connect_failed")
                #expect(entry["upstream"] == "x" && entry[number: "upstream_time"] == nil)
                #expect(entry[number: "bytes_sent"] == Double(answer.body.count))
                #expect(entry["request_id"] == answer["x-request-id"])
            }
            #expect(answers[0]["x-request-id"]?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
            #expect(answers[1]["x-request-id"] == "mine")
            client.close()
            await stage.end()
        }

        @Test
        func `targets that were tried in vain are retries`() async throws {
            let folder = try LogFolder()
            let closed = [try Target(), try Target()]
            for target in closed { target.close() }
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let ports = closed.map(\.port)
            let stage = try await Stage(
                [ports, [origin.port]], weights: [1, 1], accessLog: folder.settings())
            let client = try stage.client()
            for _ in 0..<10 {
                client.send(Self.get)
                #expect(try client.answer().status == 200)
            }
            let entries = try await folder.entries(count: 10)
            for entry in entries {
                let isShifted = entry["chosen_by"] == "shift"
                #expect(entry[number: "retries"] == (isShifted ? 2 : 0))
                #expect(entry["upstream"] == "y" && entry["error"] == "")
                #expect(entry["target"] == "127.0.0.1:\(origin.port)")
            }
            #expect(Set(entries.map { $0["chosen_by"] }) == ["shift", "sequence"])
            client.close()
            await stage.end()
        }

        @Test
        func `a request that is repeated keeps its name`() async throws {
            let folder = try LogFolder()
            let names = Lock<[String?]>([])
            // Each connection serves one request and closes at the second.
            let origin = try Origin { peer, _ in
                guard let first = peer.message(.request) else { return }
                names.withLock { $0.append(first["x-request-id"]) }
                peer.send(Self.ok)
                guard let second = peer.message(.request) else { return }
                names.withLock { $0.append(second["x-request-id"]) }
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            let client = try stage.client()
            for _ in 0..<2 {
                client.send(Self.get)
                #expect(try client.answer().status == 200)
            }
            let entries = try await folder.entries(count: 2)
            #expect(entries.map { $0[number: "retries"] } == [0, 1])
            #expect(entries.map { $0[number: "bytes_received"] } == [0, 0])
            let seen = names.withLock { $0 }
            #expect(seen == [entries[0]["request_id"], seen[1], seen[1]])
            #expect(entries[1]["request_id"] == seen[1])
            #expect(Set(seen).count == 2)
            client.close()
            await stage.end()
        }

        @Test(arguments: ["closed", "reset", "invalid"])
        func `an answer that an upstream breaks off says how`(how: String) async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage([[target.port]], accessLog: folder.settings())
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            let begin = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"
            upstream.send(begin)
            while client.received.count < begin.utf8.count, client.receive() {}
            switch how {
            case "closed": upstream.close()
            case "reset": upstream.reset()
            default: upstream.send("zz\r\n")
            }
            #expect(client.receiveAll() == .reset)
            let entry = try #require(try await folder.entries(count: 1).first)
            #expect(entry["error"] == "upstream_\(how)")
            #expect(entry.status == 200)
            client.close()
            await stage.end()
        }

        @Test
        func `an upstream that is late in the middle says so`() async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], upstream: UpstreamTimeouts(idleMilliseconds: 100),
                accessLog: folder.settings())
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(Self.half)
            #expect(client.receiveAll() == .reset)
            let entry = try #require(try await folder.entries(count: 1).first)
            #expect(entry["error"] == "response_timeout" && entry.status == 200)
            client.close()
            await stage.end()
        }

        @Test(arguments: [false, true])
        func `a client that goes away is told from a failure`(afterHead: Bool) async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage([[target.port]], accessLog: folder.settings())
            let client = try stage.client()
            client.send(Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            if afterHead {
                upstream.send(Self.half)
                while client.received.count < 40, client.receive() {}
            }
            client.reset()
            let entry = try #require(try await folder.entries(count: 1).first)
            #expect(entry["error"] == "client_closed")
            #expect(entry.status == (afterHead ? 200 : 0))
            #expect(entry[number: "bytes_sent"] == (afterHead ? 4 : 0))
            await stage.end()
        }

        @Test
        func `a tunnel is one line at its end, with the bytes of both ways`() async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage([[target.port]], accessLog: folder.settings())
            let client = try stage.client()
            client.send(
                "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: w\r\n\r\nearly")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: w\r\n\r\nfirst"
            )
            while upstream.received.count < 5, upstream.receive() {}
            client.send("ping!")
            while upstream.received.count < 10, upstream.receive() {}
            #expect(folder.lines().isEmpty)
            upstream.send("pong")
            upstream.close()
            #expect(client.receiveAll() == .ended)
            client.close()
            let entry = try #require(try await folder.entries(count: 1).first)
            #expect(entry.status == 101 && entry["path"] == "/chat" && entry["error"] == "")
            #expect(entry[number: "bytes_sent"] == 9)
            #expect(entry[number: "bytes_received"] == 10)
            await stage.end()
        }

        @Test
        func `a tunnel in which nothing moves says so`() async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(tunnelMilliseconds: 100),
                accessLog: folder.settings())
            let client = try stage.client()
            client.send(
                "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: w\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            upstream.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: w\r\n\r\n")
            client.receiveAll()
            let entry = try #require(try await folder.entries(count: 1).first)
            #expect(entry.status == 101 && entry["error"] == "tunnel_timeout")
            client.close()
            await stage.end()
        }

        @Test
        func `what the end of the process cuts is written down`() async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage([[target.port]], accessLog: folder.settings())
            let client = try stage.client()
            client.send("GET /cut HTTP/1.1\r\nHost: h\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            #expect(await stage.plane.stop() == 0)
            // All of it is there when the call returns.
            let lines = folder.lines()
            let entry = try #require(try lines.first.map { try LogEntry($0) })
            #expect(lines.count == 1 && entry["path"] == "/cut" && entry["error"] == "shutdown")
            #expect(entry.status == 0)
            client.close()
            upstream.close()
        }
    }
}
