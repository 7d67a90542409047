import HTTP
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// A guard before an Admin API: while its split is frozen, no write goes through.
    @Suite
    struct GuardTests {
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        private static let get = "GET /services HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let delete = "DELETE /services/a HTTP/1.1\r\nHost: h\r\n\r\n"

        /// One listener before these ports, with the guard of an upstream of the split `kong`.
        private func snapshot(
            _ ports: UInt16..., isStable: Bool = true, isGuarded: Bool = true, allow: [String] = [],
            limits: UpstreamLimits = UpstreamLimits(), retries: Int = 0
        ) -> Snapshot {
            snapshot(
                ports, isStable: isStable, isGuarded: isGuarded, allow: allow, limits: limits,
                retries: retries)
        }

        private func snapshot(
            _ ports: [UInt16], isStable: Bool = true, isGuarded: Bool = true,
            allow: [String] = [], limits: UpstreamLimits = UpstreamLimits(), retries: Int = 0
        ) -> Snapshot {
            let base = Stage.snapshot(
                [ports], upstreamLimits: limits, retries: RetrySettings(count: retries))
            let guarding = GuardSettings(
                split: "guarded", upstream: isStable ? "x" : "y", isStable: isStable, allow: allow)
            var snapshot = base
            snapshot.listeners = base.listeners.map {
                ListenerSettings(
                    name: $0.name, address: $0.address, split: $0.split,
                    guarding: isGuarded ? guarding : nil)
            }
            return snapshot
        }

        private func stage(_ snapshot: Snapshot, workers: Int = 1) async throws -> Stage {
            let stage = try await Stage(workers: workers, [[1]])
            try await stage.apply(snapshot)
            return stage
        }

        private func answer(_ request: String, at stage: Stage) throws -> Message {
            let client = try stage.client()
            client.send(request)
            return try client.answer()
        }

        @Test
        func `a frozen listener refuses what writes and passes what reads`() async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await stage(snapshot(origin.port, allow: ["DELETE /cache"]), workers: 2)
            #expect(try answer(Self.delete, at: stage).status == 200)
            #expect(await stage.plane.setFreezes(["guarded": .both]).pendingWorkers.isEmpty)
            for _ in 0..<8 {
                let refusal = try answer(Self.delete, at: stage)
                #expect(refusal.status == 423 && refusal["x-sluice-error"] == "frozen")
                #expect(refusal.text.hasPrefix(#"{"message":""#), "\(refusal.text)")
                #expect(refusal["connection"] == "close")
                #expect(try answer(Self.get, at: stage).status == 200)
            }
            let allowed = "DELETE /cache HTTP/1.1\r\nHost: h\r\n\r\n"
            #expect(try answer(allowed, at: stage).status == 200)
            let counters = await stage.counters {
                $0.guardRefusalCount(listener: 0, for: .method) == 8
            }
            #expect(counters.guardRefusalCount(listener: 0, for: .method) == 8)
            #expect(counters.downstreamRequestCount(listener: 0, code: 423) == 8)
            _ = await stage.plane.setFreezes([:])
            #expect(try answer(Self.delete, at: stage).status == 200)
            await stage.end()
        }

        @Test(arguments: [
            (FreezeMode.both, true, 423), (.both, false, 423), (.candidate, true, 200),
            (.candidate, false, 423),
        ])
        func `a freeze of the candidate leaves the stable side open`(
            mode: FreezeMode, isStable: Bool, status: Int
        ) async throws {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await stage(snapshot(origin.port, isStable: isStable))
            _ = await stage.plane.setFreezes(["guarded": mode, "other": .both])
            #expect(try answer(Self.delete, at: stage).status == status)
            _ = await stage.plane.setFreezes(["other": .both])
            #expect(try answer(Self.delete, at: stage).status == 200)
            await stage.end()
        }

        @Test
        func `what was sent before is counted, and what waits is refused`() async throws {
            let target = try Target()
            let limits = UpstreamLimits(
                inflightPerTarget: 1, queue: 10, queueTimeoutMilliseconds: 20_000)
            let stage = try await stage(snapshot(target.port, limits: limits))
            let first = try stage.client()
            first.send(Self.delete)
            let busy = try target.accept()
            _ = try busy.request()
            let waiting = try stage.client()
            waiting.send("POST /services HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
            let reading = try stage.client()
            await stage.counters { $0.queuedCount(lane: 0) == 1 }
            reading.send(Self.get)
            await stage.counters { $0.queuedCount(lane: 0) == 2 }

            let census = await stage.plane.setFreezes(["guarded": .both])
            #expect(census.writesInFlight == ["api": 1])
            busy.send(Self.ok)
            #expect(try first.answer().status == 200)
            #expect(try waiting.answer().status == 423)
            let next = try busy.message(.request) ?? target.accept().request()
            #expect(next.startLine.hasPrefix("GET /services"))
            #expect(await stage.plane.guardCensus().writesInFlight.isEmpty)
            for peer in [first, waiting, reading, busy] { peer.close() }
            await stage.endWithoutPlaces()
        }

        @Test
        func `a write is not sent once more when it is frozen meanwhile`() async throws {
            let targets = [try Target(), try Target()]
            let stage = try await stage(snapshot(targets.map(\.port), retries: 2))
            let client = try stage.client()
            client.send(Self.delete)
            let broken = try await accept(targets)
            _ = try broken.request()
            let census = await stage.plane.setFreezes(["guarded": .both])
            #expect(census.writesInFlight == ["api": 1])
            broken.close()
            // The other target is connected to, and gets nothing.
            #expect(try client.answer().status == 423)
            let other = try await accept(targets)
            other.receiveAll()
            #expect(other.received.isEmpty)
            client.close()
            await stage.end()
        }

        /// The next connection at any of them.
        private func accept(_ targets: [Target]) async throws -> Peer {
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while Instant.now() < deadline {
                for target in targets { if let peer = try target.acceptNow() { return peer } }
                await Task.yield()
            }
            throw Peer.Failure(what: "no connection came")
        }

        @Test
        func `a reload keeps what is frozen, and a new guard is shut from its first request`()
            async throws
        {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await stage(snapshot(origin.port, isGuarded: false))
            _ = await stage.plane.setFreezes(["guarded": .both])
            #expect(try answer(Self.delete, at: stage).status == 200)
            try await stage.apply(snapshot(origin.port))
            for _ in 0..<3 {
                #expect(try answer(Self.delete, at: stage).status == 423)
                try await stage.apply(snapshot(origin.port))
            }
            // On a connection that was there before, too.
            let client = try stage.client()
            client.send(Self.get)
            #expect(try client.answer().status == 200)
            try await stage.apply(snapshot(origin.port, isStable: false))
            client.send(Self.delete)
            #expect(try client.answer().status == 423)
            await stage.end()
        }

        @Test
        func `a refusal is told of with the client and the names of its credentials`() async throws
        {
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await stage(snapshot(origin.port))
            let reports = stage.plane.guardReports()
            _ = await stage.plane.setFreezes(["guarded": .both])
            let request =
                "POST /services?a HTTP/1.1\r\nHost: h\r\nKong-Admin-Token: geheim\r\n"
                + "Content-Length: 6\r\n\r\ngeheim"
            #expect(try answer(request, at: stage).status == 423)
            for await report in reports {
                #expect(report.listener == "api" && report.client == "127.0.0.1")
                #expect(report.method == "POST" && report.target == "/services?a")
                #expect(report.sign == .method && report.credentials == ["kong-admin-token"])
                #expect(!"\(report)".contains("geheim"))
                break
            }
            await stage.end()
        }
    }
}
