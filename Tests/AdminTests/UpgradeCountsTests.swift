import Admin
import Kernel
import Logging
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

/// What is counted of an upgrade, and what a restart leaves of it.
@Suite struct UpgradeCountsTests {
    private static func counts() -> UpgradeCounts {
        var counts = UpgradeCounts(
            split: "kong", startMilliseconds: 5, sinceMilliseconds: 6)
        counts.stableLimited = 3
        counts.candidateLimited = 4
        counts.prefixes = RequestPrefixes(
            rows: [
                .init(text: "GET /a\"b", stableCount: 2, candidateCount: 0),
                .init(text: "POST /c", stableCount: 0, candidateCount: 7),
            ], overflowCount: 9)
        return counts
    }

    @Test func `the file is what was kept, byte for byte`() throws {
        let all = [
            Self.counts(),
            UpgradeCounts(split: "other", startMilliseconds: 1, sinceMilliseconds: 1),
        ]
        let text = Array(UpgradeCounts.encoded(all).utf8)
        #expect(try UpgradeCounts.decoded(text) == all)
        #expect(try UpgradeCounts.decoded(Array(UpgradeCounts.encoded([]).utf8)).isEmpty)
        for index in text.indices {
            var bytes = text
            bytes[index] ^= 1
            #expect(throws: UpgradeRefusal.self) { try UpgradeCounts.decoded(bytes) }
            #expect(throws: UpgradeRefusal.self) {
                try UpgradeCounts.decoded(Array(text[..<index]))
            }
        }
        let twice = Array(UpgradeCounts.encoded([Self.counts(), Self.counts()]).utf8)
        #expect(throws: UpgradeRefusal.self) { try UpgradeCounts.decoded(twice) }
    }

    /// A run of Sluice over a folder, before a data plane whose counts the test sets.
    private struct Run {
        let plane = FakePlane()
        let operation: Operation
        let api: ControlAPI

        init(_ folder: TemporaryFolder) async throws {
            let half = try #require(Weight(hundredths: 5_000))
            let snapshot = Snapshot(
                listeners: [],
                upstreams: ["x", "y"].map { UpstreamSettings(name: $0, targets: []) },
                splits: [
                    SplitSettings(
                        name: "kong", members: ["x", "y"], weights: [half, half], stable: "x",
                        candidate: "y", upgrade: UpgradeSettings(watchMilliseconds: 0))
                ],
                stateDirectory: "\(folder.path)/state")
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let keeper = WeightKeeper(
                plane: plane, store: WeightStore(WeightStore.Places(snapshot)), logger: logger,
                disk: .threads)
            operation = Operation(snapshot, plane: plane, keeper: keeper, logger: logger)
            api = ControlAPI(operation, access: .full)
            try await operation.start(text: .settings)
        }

        /// What the process has counted by now.
        func count(x: Int, y: Int, _ rows: [RequestPrefixes.Row]) {
            plane.memory.withLock { memory in
                var counters = WorkerCounters()
                var registry = Registry()
                let lanes = ["x", "y"].map { registry.lane(split: "kong", upstream: $0) }
                counters.grow(listeners: 0, upstreams: 0, lanes: lanes.count)
                for (lane, count) in zip(lanes, [x, y]) {
                    for _ in 0..<count {
                        counters.exchangeBegan(lane: lane)
                        counters.exchangeEnded(lane: lane, code: 429, durationNanoseconds: nil)
                    }
                }
                memory.counters = counters
                memory.registry = registry
                memory.prefixes = ["kong": RequestPrefixes(rows: rows, overflowCount: 1)]
            }
        }

        func answer() async throws -> JSONValue {
            try JSONReader.read(await api.upgrade(of: "kong").body)
        }

        /// 429 of either side, then what y has not seen.
        func seen() async throws -> String {
            let answer = try await answer()
            let limited = (answer["sides"]?.elements ?? []).compactMap { $0["answers_429"]?.int }
            let unseen = (answer["requests"]?["unseen"]?.elements ?? []).map {
                "\($0["request"]?.text ?? "?") \($0["count"]?.int ?? -1)"
            }
            return "\(limited) \(unseen) \(answer["requests"]?["not_told_apart"]?.int ?? -1)"
        }

        func remember() async {
            await operation.upgrades.rememberCounts(look: operation.upgradeLook)
        }
    }

    @Test func `429 and requests count from the upgrade's begin, over restarts`() async throws {
        let folder = try TemporaryFolder()
        let first = try await Run(folder)
        #expect(first.plane.memory.withLock { $0.subjects }.isEmpty)
        first.count(x: 5, y: 1, [])
        #expect(await first.api.startUpgrade("kong", []).status == 200)
        #expect(first.plane.memory.withLock { $0.subjects.map(\.split) } == ["kong"])
        first.count(
            x: 7, y: 1,
            [.init(text: "GET /a", stableCount: 4), .init(text: "GET /b", stableCount: 9)])
        #expect(try await first.seen() == #"[2, 0] ["GET /b 9", "GET /a 4"] 1"#)
        await first.remember()
        let second = try await Run(folder)
        let subject = try #require(second.plane.memory.withLock { $0.subjects.first })
        #expect(subject.stable == "x" && subject.candidate == "y")
        second.count(x: 3, y: 2, [.init(text: "GET /b", candidateCount: 1)])
        #expect(try await second.seen() == #"[5, 2] ["GET /a 4"] 2"#)
        await second.remember()
        // What was written last counts, whatever came behind it.
        second.count(x: 30, y: 2, [])
        let third = try await Run(folder)
        third.count(x: 0, y: 0, [])
        #expect(try await third.seen() == #"[5, 2] ["GET /a 4"] 3"#)
        let metrics = String(decoding: await third.operation.metricsPage(), as: UTF8.self)
        #expect(metrics.contains(#"sluice_upgrade_unseen_prefixes{split="kong"} 1"# + "\n"))
        #expect(metrics.contains(#"sluice_upgrade_unsorted_requests_total{split="kong"} 3"# + "\n"))
        #expect(
            metrics.contains(#"sluice_upgrade_limited_total{split="kong",upstream="x"} 5"# + "\n"))
    }

    @Test func `a file that cannot be used makes counts begin anew, and is told of`()
        async throws
    {
        let folder = try TemporaryFolder()
        let first = try await Run(folder)
        #expect(await first.api.startUpgrade("kong", []).status == 200)
        first.count(x: 2, y: 0, [.init(text: "GET /a", stableCount: 4)])
        _ = try await first.seen()
        await first.remember()
        let text = try folder.read("state/upgrade.counts")
        for damaged in ["", String(text.dropLast(9)), text + "x", "\0"] {
            try folder.write(damaged, to: "state/upgrade.counts")
            let next = try await Run(folder)
            next.count(x: 1, y: 0, [])
            #expect(try await next.seen() == "[1, 0] [] 1")
            let answer = try await next.answer()
            #expect(answer["counted_since"]?.text != answer["started_at"]?.text)
            #expect(UpgradeText.table(answer).contains("requests and 429 are counted since "))
        }
        try folder.write(text, to: "state/upgrade.counts")
        let last = try await Run(folder)
        #expect(try await last.seen() == #"[2, 0] ["GET /a 4"] 1"#)
        #expect(!UpgradeText.table(try await last.answer()).contains("are counted since "))
    }
}
