import Testing

extension LiveTests {
    /// What a target does to an idle connection at the moment at which a request would take it: the
    /// worker knows of the request, and is not told of that. Turned by hand, so that they meet.
    @Suite
    struct PooledLookTests {
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        /// A client and a target with one idle connection between them and the worker.
        private struct Meeting {
            let rehearsal: Rehearsal
            let client: Line
            let backend: Rehearsal.Backend

            init(_ request: String, _ answer: String) throws {
                rehearsal = try Rehearsal([], try #require(Rehearsal.Ground.lasting))
                rehearsal.isListed = [true, false, false]
                rehearsal.weights = [1, 0]
                rehearsal.apply()
                rehearsal.settle()
                rehearsal.connect(0)
                client = try #require(rehearsal.clients.first).line
                client.pending += Array("\(request) / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
                client.send()
                rehearsal.settle()
                backend = try #require(rehearsal.backends.first)
                rehearsal.look(at: backend)
                backend.line.pending += Array(answer.utf8)
                backend.line.send()
                rehearsal.settle()
                client.receive()
                #expect(Self.text(client).hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(rehearsal.backends.count == 1)
            }

            /// The client asks, and the target acts before the worker comes to the request.
            func meet(_ method: String, _ act: (Line) -> Void) throws {
                let before = client.received.count
                client.pending += Array(
                    "\(method) /second HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n".utf8)
                client.send()
                rehearsal.turnOnce { act(backend.line) }
                rehearsal.settle()
                // It goes out on another connection, once.
                #expect(rehearsal.backends.count == 2)
                let other = try #require(rehearsal.backends.last)
                other.line.receive()
                #expect(Self.text(other.line).hasPrefix("\(method) /second "))
                other.line.pending += Array(PooledLookTests.ok.utf8)
                other.line.send()
                rehearsal.settle()
                client.receive()
                let answer = String(decoding: client.received[before...], as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\nok"))
                backend.line.receive()
                #expect(!Self.text(backend.line).contains("/second"))
                rehearsal.leave()
                #expect(rehearsal.faults.isEmpty)
            }

            private static func text(_ line: Line) -> String {
                String(decoding: line.received, as: UTF8.self)
            }
        }

        @Test(arguments: ["POST", "PATCH", "WEIRD"])
        func `what may not be sent twice is not given to a connection that was just closed`(
            method: String
        ) throws {
            try Meeting("GET", Self.ok).meet(method) { $0.close() }
            try Meeting("GET", Self.ok).meet(method) { $0.reset() }
        }

        @Test(arguments: ["GET", "PUT", "POST"])
        func `nothing is given to a connection on which a bodiless answer goes on`(
            method: String
        ) throws {
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
            try Meeting("HEAD", head).meet(method) { line in
                line.pending += Array("\(head)poison".utf8)
                line.send()
            }
        }
    }
}
