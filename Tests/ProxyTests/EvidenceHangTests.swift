import Judging
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// What the data plane tells of requests that get no answer.
    @Suite
    struct EvidenceHangTests {
        private static let tracked = [
            TrackedSplit(split: "kong", stable: "x", candidate: "y")
        ]
        private static let get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
        /// In nanoseconds: an hour, or nothing at all.
        private static let long = UInt64(3_600_000_000_000)
        private static let patient = LatencyMarks.Marks(stable: long, candidate: long)
        private static let strict = LatencyMarks.Marks(stable: 1, candidate: 1)

        /// A stage whose y takes requests and answers none; x does so, too, if it should.
        private static func stage(
            _ weights: [UInt32], isStableSilent: Bool = false
        ) async throws -> (stage: Stage, origins: [Origin]) {
            let good: @Sendable (Peer, Int) -> Void = { peer, _ in
                while peer.message(.request) != nil,
                    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
                {}
            }
            let silent: @Sendable (Peer, Int) -> Void = { peer, _ in _ = peer.receiveAll() }
            let x = try Origin(isStableSilent ? silent : good)
            let y = try Origin(silent)
            let stage = try await Stage([[x.port], [y.port]], weights: weights)
            _ = await stage.plane.track(tracked)
            return (stage, [x, y])
        }

        /// What is told until something holds of it.
        private static func report(
            _ stage: Stage, patience: LatencyMarks.Marks,
            until condition: (EvidenceReport) -> Bool
        ) async -> EvidenceReport {
            var sum = EvidenceReport()
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while Instant.now() < deadline {
                // What waits at this moment is no sum.
                let now = await stage.plane.evidence(nil, patience: patience)
                sum.splits = [:]
                sum.stable.hanging = 0
                sum.candidate.hanging = 0
                sum.merge(now)
                if condition(sum) { break }
                await Task.yield()
            }
            return sum
        }

        private static func both(_ report: EvidenceReport) -> EvidenceReport.Both {
            report.splits["kong"] ?? .init()
        }

        @Test func `who waits is told at each look, and has hung once`() async throws {
            let (stage, origins) = try await Self.stage([50, 50])
            defer { for origin in origins { origin.stop() } }
            _ = await stage.plane.evidence(nil, patience: Self.patient)
            let clients = try (0..<8).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            // Four wait at y, and nobody is impatient yet.
            var report = await Self.report(stage, patience: Self.patient) {
                Self.both($0).candidate.waiting == 4 && Self.both($0).candidate.slow == 4
            }
            #expect(Self.both(report).candidate.waiting == 4)
            #expect(Self.both(report).candidate.slow == 4)
            #expect(Self.both(report).candidate.hanging == 0)
            #expect(Self.both(report).stable.waiting == 0)
            #expect(report.rows.isEmpty)
            #expect(report.wholeTimes.count == 4)
            // From the next look on each has hung, once however often that is asked.
            _ = await stage.plane.evidence(nil, patience: Self.strict)
            report = await Self.report(stage, patience: Self.strict) { !$0.rows.isEmpty }
            for _ in 0..<5 {
                report.merge(await stage.plane.evidence(nil, patience: Self.strict))
            }
            #expect(report.rows.map(\.kind) == [.hanging])
            #expect(report.rows.map(\.candidate) == [4])
            #expect(report.rows.map(\.share) == [0.5])
            #expect(report.rows.map(\.prefix) == ["/a"])
            #expect(report.candidate.hanging > 0)
            // Who leaves then has given up, and has not failed.
            for client in clients { client.reset() }
            report = await Self.report(stage, patience: Self.strict) {
                $0.candidate.givenUp == 4
            }
            #expect(report.candidate.givenUp == 4)
            #expect(report.candidate.sum == .init(ended: 4, failed: 0))
            #expect(report.rows.isEmpty)
            #expect(Self.both(report).candidate.waiting == 0)
            await stage.end()
        }

        @Test func `what was answered too late, or given up between looks, has hung as well`()
            async throws
        {
            let (stage, origins) = try await Self.stage([50, 50])
            defer { for origin in origins { origin.stop() } }
            _ = await stage.plane.evidence(nil, patience: Self.strict)
            let clients = try (0..<4).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            let report = await Self.report(stage, patience: Self.strict) { report in
                report.rows.reduce(0) { $0 + $1.stable } == 2
            }
            // Stable's two were answered, after more than a nanosecond.
            #expect(report.rows.reduce(0) { $0 + $1.stable } == 2)
            #expect(report.rows.allSatisfy { $0.kind == .hanging })
            for client in clients { client.reset() }
            await stage.end()
        }

        @Test func `what still waits is looked at by the longer of both times`() async throws {
            let (stage, origins) = try await Self.stage([50, 50], isStableSilent: true)
            defer { for origin in origins { origin.stop() } }
            let uneven = LatencyMarks.Marks(stable: 1, candidate: Self.long)
            _ = await stage.plane.evidence(nil, patience: uneven)
            let clients = try (0..<4).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            var report = await Self.report(stage, patience: uneven) {
                Self.both($0).stable.slow == 2 && Self.both($0).candidate.slow == 2
            }
            #expect(Self.both(report).stable.hanging == 2)
            #expect(report.rows.isEmpty)
            // Who has left had waited for longer than stable's own.
            for client in clients { client.reset() }
            report = await Self.report(stage, patience: uneven) { report in
                report.rows.reduce(0) { $0 + $1.stable } == 2
            }
            #expect(report.rows.reduce(0) { $0 + $1.stable } == 2)
            #expect(report.rows.allSatisfy { $0.kind == .hanging && $0.candidate == 0 })
            await stage.end()
        }

        @Test func `a request that is still being sent owes no answer`() async throws {
            let (stage, origins) = try await Self.stage([0, 100])
            defer { for origin in origins { origin.stop() } }
            _ = await stage.plane.evidence(nil, patience: Self.strict)
            let client = try stage.client()
            client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1234")
            // Until the target is connected it is for us that everybody waits.
            let target = origins[1]
            while target.connectionCount == 0 { await Task.yield() }
            await stage.settle()
            await stage.settle()
            for _ in 0..<20 {
                let report = await stage.plane.evidence(nil, patience: Self.strict)
                #expect(Self.both(report).candidate.waiting == 0)
            }
            client.send("56789")
            let report = await Self.report(stage, patience: Self.strict) {
                Self.both($0).candidate.waiting == 1
            }
            #expect(Self.both(report).candidate.waiting == 1)
            client.reset()
            await stage.end()
        }

        @Test func `who leaves within a second has not been let down, and later has`()
            async throws
        {
            let (stage, origins) = try await Self.stage([0, 100])
            defer { for origin in origins { origin.stop() } }
            _ = await stage.plane.evidence(nil, patience: Self.patient)
            // On a busy machine a moment may be a second.
            var wasHasty = false
            for _ in 0..<10 where !wasHasty {
                let hasty = try stage.client()
                hasty.send(Self.get)
                _ = await Self.report(stage, patience: Self.patient) {
                    Self.both($0).candidate.waiting == 1
                }
                hasty.reset()
                let report = await Self.report(stage, patience: Self.patient) {
                    Self.both($0).candidate.ended == 1
                }
                #expect(Self.both(report).candidate.answered == 0)
                wasHasty = Self.both(report).candidate.unanswered == 0
            }
            #expect(wasHasty)
            let calm = try stage.client()
            calm.send(Self.get)
            var report = await Self.report(stage, patience: Self.patient) {
                Self.both($0).candidate.slow == 1
            }
            calm.reset()
            report = await Self.report(stage, patience: Self.patient) {
                Self.both($0).candidate.ended == 1
            }
            #expect(Self.both(report).candidate.unanswered == 1)
            #expect(Self.both(report).candidate.failed == 0)
            #expect(report.candidate.givenUp == 0)
            await stage.end()
        }
    }
}
