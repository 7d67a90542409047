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
            #expect(report.prefixes == ["/orders/*", "/users/me"])
            let orders = report.rows.filter { $0.prefix == "/orders/*" }
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

        @Test func `what shifts for want of a target gives no evidence`() async throws {
            let x = try Origin { _ in Self.answer("503 No") }
            defer { x.stop() }
            // Nobody listens at port 1.
            let stage = try await Stage([[x.port], [1]], weights: [50, 50])
            _ = await stage.plane.track(Self.tracked)
            let client = try stage.client()
            for _ in 0..<20 {
                client.send(Self.get("/"))
                _ = try client.answer()
            }
            let report = await Self.report(stage, ended: 20)
            #expect(report.stable.sum.ended == 20)
            let counted = report.rows.reduce(0) { $0 + $1.stable + $1.candidate }
            #expect((9...11).contains(counted))
            client.close()
            await stage.end()
        }
    }
}
