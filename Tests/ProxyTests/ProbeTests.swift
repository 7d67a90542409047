import Kernel
import Proxy
import Telemetry
import Testing

extension LiveTests {
    /// A worker asks a target how it is, whatever the target does.
    @Suite
    struct ProbeTests {
        private static let request = "GET /status HTTP/1.1\r\nHost: h\r\n\r\n"

        private static func probe(
            _ port: UInt16, isHead: Bool = false, bare: Bool = false, milliseconds: Int = 20_000
        ) -> Probe {
            Probe(
                address: SocketAddress(version4: 0x7f00_0001, port: port),
                question: bare
                    ? .connection : .request(Array(request.utf8), isHead: isHead),
                timeoutMilliseconds: milliseconds)
        }

        private static func answered(
            _ status: Int, _ body: String, isKong: Bool = false, isWhole: Bool = true
        ) -> ProbeOutcome {
            .answered(
                ProbeAnswer(
                    status: status, isKong: isKong, body: Array(body.utf8), isWhole: isWhole))
        }

        /// What comes of a probe of a target that sends this and closes.
        private func outcome(
            of sent: String, isHead: Bool = false, byByte: Bool = false
        ) async throws -> ProbeOutcome {
            let origin = try Origin { peer, _ in
                _ = peer.message(.request)
                guard byByte else {
                    peer.send(sent)
                    return
                }
                for byte in sent.utf8 { peer.send([byte]) }
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let outcome = await stage.plane.probe(
                Self.probe(origin.port, isHead: isHead), byWorker: 0)
            await stage.end()
            return outcome
        }

        private static let full = "HTTP/1.1 200 OK\r\n"

        @Test(
            arguments: [
                (full + "Content-Length: 2\r\n\r\nok", answered(200, "ok")),
                (full + "Content-Length: 2\r\n\r\nokmore", answered(200, "ok")),
                (full + "Content-Length: 0\r\n\r\n", answered(200, "")),
                (full + "\r\nto the end", answered(200, "to the end")),
                (
                    full + "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n1\r\n!\r\n"
                        + "0\r\nA: b\r\n\r\n",
                    answered(200, "ok!")
                ),
                ("HTTP/1.1 204 No Content\r\n\r\n", answered(204, "")),
                (
                    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                        + "HTTP/1.0 503 No\r\nServer: kong/3.4.1\r\n\r\nbye",
                    answered(503, "bye", isKong: true)
                ),
                (
                    "HTTP/1.1 404 Not Found\r\nVia: kong/3.4.2\r\nContent-Length: 0\r\n\r\n",
                    answered(404, "", isKong: true)
                ),
                // Not whole.
                ("", .closed), ("HTTP/1.1 200", .closed),
                (full + "Content-Length: 3\r\n\r\nok", .closed),
                (full + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", .closed),
                // Against the rules.
                ("garbage\r\n\r\n", .broken("bad_status_line")),
                ("SSH-2.0-OpenSSH_9.2\r\n", .broken("bad_status_line")),
                (full + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", .broken("bad_chunk_size")),
                (full + "A : b\r\n\r\n", .broken("white_space_before_colon")),
                (
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
                    .broken("unrequested_upgrade")
                ),
            ] as [(String, ProbeOutcome)], [false, true])
        func `an answer`(sample: (sent: String, outcome: ProbeOutcome), byByte: Bool)
            async throws
        {
            let outcome = try await outcome(of: sample.sent, byByte: byByte)
            #expect(outcome == sample.outcome)
        }

        @Test func `an answer to HEAD has no body`() async throws {
            let sent = Self.full + "Content-Length: 900\r\n\r\n"
            #expect(try await outcome(of: sent, isHead: true) == Self.answered(200, ""))
        }

        @Test(arguments: [true, false])
        func `of an endless body only the first bytes are read`(isChunked: Bool) async throws {
            let origin = try Origin { peer, _ in
                _ = peer.message(.request)
                let framing = isChunked ? "Transfer-Encoding: chunked\r\n" : ""
                peer.send(Self.full + framing + "\r\n")
                let piece = String(repeating: "x", count: 4_096)
                while peer.send(isChunked ? "1000\r\n\(piece)\r\n" : piece) {}
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let outcome = await stage.plane.probe(Self.probe(origin.port), byWorker: 0)
            let body = String(repeating: "x", count: 65_536)
            #expect(outcome == Self.answered(200, body, isWhole: false))
            await stage.end()
        }

        @Test(arguments: [
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: \(String(repeating: "b", count: 9_000))\r\n",
        ])
        func `an endless head is given up`(piece: String) async throws {
            let origin = try Origin { peer, _ in
                _ = peer.message(.request)
                while peer.send(piece) {}
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let outcome = await stage.plane.probe(Self.probe(origin.port), byWorker: 0)
            guard case .broken = outcome else {
                Issue.record("\(outcome)")
                return
            }
            await stage.end()
        }

        @Test func `chunks of one byte without end are given up too`() async throws {
            let origin = try Origin { peer, _ in
                _ = peer.message(.request)
                peer.send(Self.full + "Transfer-Encoding: chunked\r\n\r\n")
                let extended = "1;" + String(repeating: "e", count: 100) + "\r\nx\r\n"
                while peer.send(String(repeating: extended, count: 20)) {}
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let outcome = await stage.plane.probe(Self.probe(origin.port), byWorker: 0)
            guard case .broken = outcome else {
                Issue.record("\(outcome)")
                return
            }
            await stage.end()
        }

        @Test func `who does not answer in time is told apart by whether he accepted`()
            async throws
        {
            let frozen = try Target()
            let pit = try TarPit()
            let stage = try await Stage([[frozen.port]])
            let plane = stage.plane
            let accepted = await plane.probe(
                Self.probe(frozen.port, milliseconds: 50), byWorker: 0)
            #expect(accepted == .timedOut(isConnected: true))
            let ignored = await plane.probe(Self.probe(pit.port, milliseconds: 50), byWorker: 0)
            #expect(ignored == .timedOut(isConnected: false))
            // A port on which nobody listens.
            #expect(await plane.probe(Self.probe(1), byWorker: 0) == .connectFailed(.refused))
            let bare = await plane.probe(Self.probe(frozen.port, bare: true), byWorker: 0)
            #expect(bare == .connected)
            await stage.end()
        }

        @Test func `a reset is no answer`() async throws {
            let origin = try Origin { peer, _ in
                _ = peer.message(.request)
                peer.send(Self.full + "Content-Length: 9\r\n\r\nhalf")
                peer.reset()
            }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            let outcome = await stage.plane.probe(Self.probe(origin.port), byWorker: 0)
            // What came before the reset may or may not have been read.
            #expect([.reset, .closed].contains(outcome))
            await stage.end()
        }

        @Test func `a request that no server would take is not sent`() async throws {
            let stage = try await Stage([[1]])
            let probe = Probe(
                address: SocketAddress(version4: 0x7f00_0001, port: 1),
                question: .request(Array(repeating: 0x61, count: 1 << 20), isHead: false),
                timeoutMilliseconds: 1_000)
            #expect(await stage.plane.probe(probe, byWorker: 0) == .broken("request_too_large"))
            await stage.end()
        }

        @Test func `probes count neither as traffic nor as connections of the upstream`()
            async throws
        {
            let origin = try Origin(answering: { _ in Self.full + "Content-Length: 2\r\n\r\nok" })
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]])
            for _ in 0..<3 {
                let outcome = await stage.plane.probe(Self.probe(origin.port), byWorker: 0)
                #expect(outcome == Self.answered(200, "ok"))
            }
            // Each on a connection of its own.
            #expect(origin.connectionCount == 3)
            let counters = await stage.plane.counters()
            #expect(counters.requestCount(lane: 0) == 0)
            #expect(counters.connectCount(upstream: 0, result: .ok) == 0)
            #expect(counters.connectionCounts(upstream: 0).idle == 0)
            #expect(counters.byteCounts(upstream: 0).received == 0)
            await stage.end()
        }

        @Test func `a data plane that stops has no answer, but says so`() async throws {
            let frozen = try Target()
            let stage = try await Stage([[frozen.port]])
            let port = frozen.port
            async let outcome = stage.plane.probe(Self.probe(port), byWorker: 0)
            let accepted = try await frozen.accepted()
            await stage.plane.stop()
            #expect(await outcome == .notAsked)
            accepted.close()
        }

        @Test func `hundreds of probes at once, of targets good and bad`() async throws {
            let good = try Origin(answering: { _ in Self.full + "Content-Length: 2\r\n\r\nok" })
            defer { good.stop() }
            let frozen = try Target()
            let stage = try await Stage(workers: 2, [[good.port]])
            let ports = [good.port, frozen.port, 1]
            let outcomes = await withTaskGroup(of: (UInt16, ProbeOutcome).self) { group in
                for number in 0..<300 {
                    let port = ports[number % 3]
                    let plane = stage.plane
                    group.addTask {
                        let probe = Self.probe(
                            port, milliseconds: port == good.port ? 20_000 : 200)
                        return (port, await plane.probe(probe, byWorker: number))
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let expected: [UInt16: ProbeOutcome] = [
                good.port: Self.answered(200, "ok"), 1: .connectFailed(.refused),
                frozen.port: .timedOut(isConnected: true),
            ]
            // The frozen target's queue has an end: the last of its connects get no answer.
            for (port, outcome) in outcomes where outcome != .timedOut(isConnected: false) {
                #expect(outcome == expected[port])
            }
            await stage.end()
        }
    }
}
