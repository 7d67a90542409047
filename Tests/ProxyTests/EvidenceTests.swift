import Judging
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// What the data plane tells the judge of a rollout.
    @Suite
    struct EvidenceTests {
        private static let tracked = [
            TrackedSplit(split: "kong", stable: "x", candidate: "y")
        ]

        private static func answer(_ status: String) -> String {
            "HTTP/1.1 \(status)\r\nContent-Length: 2\r\n\r\nhi"
        }

        private static func get(_ path: String) -> String {
            "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n"
        }

        /// Asks until the data plane has told of so many exchanges, or patience ends.
        private static func report(
            _ stage: Stage, ended: Int, marks: LatencyMarks.Marks? = nil
        ) async -> EvidenceReport {
            var sum = EvidenceReport()
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while sum.stable.sum.ended + sum.candidate.sum.ended < ended,
                Instant.now() < deadline
            {
                sum.merge(await stage.plane.evidence(marks))
                await Task.yield()
            }
            return sum
        }

        @Test func `errors count at the side, the share and the prefix they were routed by`()
            async throws
        {
            let x = try Origin { _ in Self.answer("200 OK") }
            let y = try Origin { _ in Self.answer("503 No") }
            defer {
                x.stop()
                y.stop()
            }
            let stage = try await Stage([[x.port], [y.port]], weights: [90, 10])
            let client = try stage.client()
            // Nobody looks yet.
            client.send(Self.get("/before"))
            _ = try client.answer()
            _ = await stage.plane.track(Self.tracked)
            for number in 0..<100 {
                client.send(Self.get("/orders/\(number)?a=1"))
                _ = try client.answer()
            }
            await stage.setWeights([50, 50])
            for _ in 0..<10 {
                client.send(Self.get("/users/me"))
                _ = try client.answer()
            }
            let report = await Self.report(stage, ended: 110)
            #expect(report.stable.sum.ended + report.candidate.sum.ended == 110)
            #expect(report.stable.sum.failed == 0)
            #expect(report.candidate.sum.failed == report.candidate.sum.ended)
            #expect(report.prefixes == ["/orders/{id}", "/users/me"])
            let orders = report.rows.filter { $0.prefix == "/orders/{id}" }
            #expect(orders.map(\.share) == [0.1])
            #expect(orders.map(\.kind) == [.errors])
            #expect((9...11).contains(orders.first?.candidate ?? 0))
            let users = report.rows.filter { $0.prefix == "/users/me" }
            #expect(users.map(\.share) == [0.5])
            #expect(
                (orders + users).reduce(0) { $0 + $1.candidate } == report.candidate.sum.failed)
            // What was told is not told again.
            #expect(await stage.plane.evidence(nil).rows.isEmpty)
            _ = await stage.plane.track([])
            client.send(Self.get("/after"))
            _ = try client.answer()
            await stage.settle()
            #expect(await stage.plane.evidence(nil).stable.sum == .init())
            client.close()
            await stage.end()
        }

        static let verdicts: [(status: String, kind: JudgedClass?)] = [
            ("200 OK", nil), ("301 Moved", nil), ("400 Bad", nil), ("401 No", .denied),
            ("403 No", .denied), ("404 Not Found", .noRoute), ("426 Upgrade", .upgradeRequired),
            ("429 Many", .rateLimited), ("500 Error", .errors), ("503 No", .errors),
        ]

        @Test(arguments: verdicts)
        func `an answer is of the class of its status`(status: String, kind: JudgedClass?)
            async throws
        {
            let x = try Origin { _ in Self.answer(status) }
            defer { x.stop() }
            let stage = try await Stage([[x.port], [x.port]], weights: [50, 50])
            _ = await stage.plane.track(Self.tracked)
            let client = try stage.client()
            for _ in 0..<4 {
                client.send(Self.get("/"))
                _ = try client.answer()
            }
            let report = await Self.report(stage, ended: 4)
            #expect(Set(report.rows.map(\.kind)) == Set([kind].compactMap(\.self)))
            #expect(
                report.rows.reduce(0) { $0 + $1.candidate + $1.stable } == (kind == nil ? 0 : 4))
            client.close()
            await stage.end()
        }

        @Test func `a share of nothing or everything compares nothing, and is counted`()
            async throws
        {
            let x = try Origin { _ in Self.answer("503 No") }
            defer { x.stop() }
            let stage = try await Stage([[x.port], [x.port]], weights: [0, 100])
            _ = await stage.plane.track(Self.tracked)
            let client = try stage.client()
            for _ in 0..<3 {
                client.send(Self.get("/"))
                _ = try client.answer()
            }
            let report = await Self.report(stage, ended: 3)
            #expect(report.rows.isEmpty)
            #expect(report.candidate.sum == .init(ended: 3, failed: 3))
            client.close()
            await stage.end()
        }

        @Test func `late answers count by the mark of their side`() async throws {
            let x = try Origin { _ in Self.answer("200 OK") }
            defer { x.stop() }
            let stage = try await Stage([[x.port], [x.port]], weights: [50, 50])
            _ = await stage.plane.track(Self.tracked)
            // Everything is later than a nanosecond, nothing later than an hour.
            _ = await stage.plane.evidence(.init(stable: 3_600_000_000_000, candidate: 1))
            let client = try stage.client()
            for _ in 0..<10 {
                client.send(Self.get("/a"))
                _ = try client.answer()
            }
            let report = await Self.report(stage, ended: 10)
            let late = report.rows.filter { $0.kind == .latency }
            #expect(late.reduce(0) { $0 + $1.candidate } == report.candidate.sum.ended)
            #expect(late.reduce(0) { $0 + $1.stable } == 0)
            #expect(report.candidate.times.count == UInt64(report.candidate.sum.ended))
            #expect(report.stable.times.count == UInt64(report.stable.sum.ended))
            client.close()
            await stage.end()
        }

        @Test func `clients that are kept are told by their keys, and pinned ones not at all`()
            async throws
        {
            let x = try Origin { _ in Self.answer("503 No") }
            let y = try Origin { _ in Self.answer("503 No") }
            defer { for origin in [x, y] { origin.stop() } }
            let ports = [[x.port], [y.port]]
            let stage = try await Stage(ports, weights: [50, 50])
            var snapshot = Stage.snapshot(ports, weights: [50, 50])
            let pin = PinSettings(
                when: WhenSettings([.header("x-sluice-upstream", ["y"])]), upstream: "y")
            snapshot.splits = [
                SplitSettings(
                    name: "kong", members: ["x", "y"], weights: Stage.weights([50, 50]),
                    stable: "x", candidate: "y",
                    sticky: StickySettings(
                        by: [.header("apikey")], secret: StickySecret("a secret of the tests")),
                    pins: [pin])
            ]
            try await stage.apply(snapshot)
            _ = await stage.plane.track(Self.tracked)
            let client = try stage.client()
            let ask = { (field: String) in
                client.send("GET /orders/1 HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n")
                _ = try client.answer()
            }
            for _ in 0..<5 { for user in 0..<20 { try ask("apikey: user-\(user)") } }
            for _ in 0..<7 { try ask("X-Sluice-Upstream: y") }
            for _ in 0..<10 { try ask("Accept: */*") }
            let report = await Self.report(stage, ended: 117)
            // Each error of a kept client, with its key; the key's side is always the same.
            #expect(report.sticky.count == 100)
            #expect(report.lostSticky == 0)
            let users = Dictionary(grouping: report.sticky, by: \.key)
            #expect(users.count == 20)
            for rows in users.values {
                #expect(rows.count == 5 && Set(rows.map(\.isOnCandidate)).count == 1)
                let first = rows.first
                #expect(first?.kind == .errors && first?.share == 0.5 && first?.prefix != nil)
            }
            #expect(Set(report.sticky.map(\.isOnCandidate)) == [true, false])
            // Those without a key go by the sequence; a pin compares nothing, and has ended.
            let counted = report.rows.reduce(0) { $0 + $1.stable + $1.candidate }
            #expect(counted == 10)
            #expect(report.candidate.sum.ended + report.stable.sum.ended == 117)
            // The judge takes each client once.
            var judge = ErrorJudge()
            for row in report.sticky {
                judge.take(
                    StickyError(
                        key: row.key, row.kind, share: row.share,
                        isOnCandidate: row.isOnCandidate))
            }
            let counts = judge.process(.errors).counts
            #expect(counts.candidate + counts.stable == 20)
            client.close()
            await stage.end()
        }

        @Test func `what shifts is a failure of the side it was meant for, and no evidence`()
            async throws
        {
            let x = try Origin { _ in Self.answer("503 No") }
            defer { x.stop() }
            // Nobody listens at port 1.
            for (ports, dead) in [([[x.port], [1]], "y"), ([[1], [x.port]], "x")] {
                let stage = try await Stage(ports, weights: [50, 50])
                _ = await stage.plane.track(Self.tracked)
                let client = try stage.client()
                for _ in 0..<20 {
                    client.send(Self.get("/"))
                    _ = try client.answer()
                }
                let report = await Self.report(stage, ended: 30)
                let both = try #require(report.splits["kong"])
                let (gone, there) =
                    dead == "y" ? (both.candidate, both.stable) : (both.stable, both.candidate)
                #expect((9...11).contains(gone.ended))
                #expect(gone.failed == gone.ended && gone.unanswered == gone.ended)
                #expect(gone.answered == 0)
                #expect(there.ended == 20 && there.answered == 20 && there.unanswered == 0)
                #expect(there.failed == 20)
                // What the other one has answered instead does not compare the two.
                let counted = report.rows.reduce(0) { $0 + $1.stable + $1.candidate }
                #expect(counted == 20 - gone.ended)
                // Nor has the candidate been served by the share there.
                #expect(report.served[0.5] ?? 0 == (dead == "y" ? 0 : 20 - gone.ended))
                client.close()
                await stage.end()
            }
        }

        @Test func `only what the split has sent to the candidate counts as served there`()
            async throws
        {
            let x = try Origin { _ in Self.answer("200 OK") }
            defer { x.stop() }
            let ports = [[x.port], [x.port]]
            let stage = try await Stage(ports, weights: [50, 50])
            var snapshot = Stage.snapshot(ports, weights: [50, 50])
            let pin = PinSettings(
                when: WhenSettings([.header("x-sluice-upstream", ["y"])]), upstream: "y")
            snapshot.splits = [
                SplitSettings(
                    name: "kong", members: ["x", "y"], weights: Stage.weights([50, 50]),
                    stable: "x", candidate: "y", pins: [pin])
            ]
            try await stage.apply(snapshot)
            _ = await stage.plane.track(Self.tracked)
            let client = try stage.client()
            for field in ["X-Sluice-Upstream: y", "Accept: */*"] {
                for _ in 0..<10 {
                    client.send("GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n")
                    _ = try client.answer()
                }
            }
            var report = await Self.report(stage, ended: 20)
            #expect((14...16).contains(report.candidate.sum.ended))
            #expect(report.served == [0.5: report.candidate.sum.ended - 10])
            await stage.setWeights([75, 25])
            for _ in 0..<8 {
                client.send(Self.get("/"))
                _ = try client.answer()
            }
            report = await Self.report(stage, ended: 8)
            #expect(report.served.keys.sorted() == [0.25])
            #expect((1...3).contains(report.served[0.25] ?? 0))
            client.close()
            await stage.end()
        }
    }
}
