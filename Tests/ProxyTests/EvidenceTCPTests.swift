import Judging
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// What the judge of a rollout is told of connections through tcp listeners.
    @Suite
    struct EvidenceTCPTests {
        private static let tracked = [
            TrackedSplit(split: "kong", stable: "x", candidate: "y")
        ]

        private static func report(_ stage: TCPStage, ended: Int) async -> EvidenceReport {
            var sum = EvidenceReport()
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while sum.stable.sum.ended + sum.candidate.sum.ended < ended,
                Instant.now() < deadline
            {
                sum.merge(await stage.plane.evidence(nil))
                await Task.yield()
            }
            return sum
        }

        @Test func `a connection counts when it has come about, however long it lasts`()
            async throws
        {
            let origins = try (0..<2).map { _ in try Origin { peer, _ in peer.receiveAll() } }
            defer { for origin in origins { origin.stop() } }
            let stage = try await TCPTests.stage(
                TCPTests.snapshot(origins.map { [$0.port] }, weights: [50, 50]))
            _ = await stage.plane.track(Self.tracked)
            let clients = try (0..<8).map { _ in try stage.client() }
            var report = await Self.report(stage, ended: 8)
            let both = try #require(report.splits["kong"])
            #expect(both.stable.ended + both.candidate.ended == 8)
            #expect(both.candidate.ended == 4)
            #expect(both.candidate.answered == 4 && both.candidate.failed == 0)
            #expect(report.served == [0.5: 4])
            #expect(report.rows.isEmpty)
            for client in clients { client.close() }
            _ = await stage.counters {
                $0.tcpEndCount(lane: 0, .closed) + $0.tcpEndCount(lane: 1, .closed) == 8
            }
            report = await stage.plane.evidence(nil)
            #expect(report.splits["kong"]?.candidate.ended ?? 0 == 0)
            await stage.end()
        }

        @Test func `one that does not come about is an error of the side it was meant for`()
            async throws
        {
            let origin = try Origin { peer, _ in peer.receiveAll() }
            defer { origin.stop() }
            // Nobody listens at port 1.
            let stage = try await TCPTests.stage(
                TCPTests.snapshot([[origin.port], [1]], weights: [50, 50]))
            _ = await stage.plane.track(Self.tracked)
            let clients = try (0..<10).map { _ in try stage.client() }
            var report = await Self.report(stage, ended: 15)
            for client in clients { client.close() }
            let both = try #require(report.splits["kong"])
            #expect(both.candidate.ended == 5 && both.candidate.failed == 5)
            #expect(both.candidate.unanswered == 5 && both.candidate.answered == 0)
            #expect(both.stable.failed == 0)
            #expect(report.rows.reduce(0) { $0 + $1.candidate } == 5)
            #expect(
                report.rows.allSatisfy {
                    $0.kind == .errors && $0.prefix == nil && $0.share == 0.5 && $0.stable == 0
                })
            #expect(report.served.isEmpty)
            // Where there is no other side to go to, it is one as well.
            await stage.setWeights([0, 100])
            let others = try (0..<3).map { _ in try stage.client() }
            report = await Self.report(stage, ended: 3)
            for client in others { client.close() }
            #expect(report.candidate.sum == .init(ended: 3, failed: 3))
            #expect(report.rows.isEmpty)
            await stage.end()
        }

        @Test func `a client that is kept at its side counts by its address`() async throws {
            var snapshot = TCPTests.snapshot([[1], [1]], weights: [50, 50])
            snapshot.splits = [
                SplitSettings(
                    name: "kong", members: ["x", "y"], weights: Stage.weights([50, 50]),
                    stable: "x", candidate: "y",
                    sticky: StickySettings(
                        by: [.clientIP], secret: StickySecret("a secret of the tests")))
            ]
            let stage = try await TCPTests.stage(snapshot)
            _ = await stage.plane.track(Self.tracked)
            let clients = try (0..<4).map { _ in try stage.client() }
            let report = await Self.report(stage, ended: 4)
            for client in clients { client.close() }
            #expect(report.rows.isEmpty)
            #expect(Set(report.sticky.map(\.key)).count == 1)
            #expect(report.sticky.allSatisfy { $0.key != 0 && $0.kind == .errors })
            #expect(!report.sticky.isEmpty)
            await stage.end()
        }
    }
}
