import Admin
import Logging
import Settings
import Splitting
import Testing

/// A keeper before a data plane that only remembers, on files of its own.
final class Bench: Sendable {
    static let weights = "# ours\nkong: {x: 90, y: 10} # ten\n"

    let folder: TemporaryFolder
    let plane = FakePlane()
    let disk = HeldDisk()
    let snapshot: Snapshot
    let keeper: WeightKeeper

    /// `weights` is the weight file; nil for none.
    init(
        _ weights: String? = Bench.weights, hasState: Bool = true,
        in folder: TemporaryFolder? = nil
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        if let weights { try folder.write(weights, to: "weights.yaml") }
        let hasFile = weights != nil || (try? folder.read("weights.yaml")) != nil
        snapshot = Snapshot(
            listeners: [],
            upstreams: ["x", "y"].map { UpstreamSettings(name: $0, targets: []) },
            splits: [
                SplitSettings(
                    name: "kong", members: ["x", "y"], weights: try Self.weights([90, 10]),
                    stable: "x", candidate: "y")
            ],
            weightsFile: hasFile ? "\(folder.path)/weights.yaml" : nil,
            stateDirectory: hasState ? "\(folder.path)/state" : nil)
        keeper = WeightKeeper(
            plane: plane, store: WeightStore(WeightStore.Places(snapshot)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, disk: disk.queue)
    }

    /// Starts as the process does: with the files as they are.
    func start() async throws {
        let stored = try WeightStore.loadState(WeightStore.Places(snapshot))
        let text = WeightsText.read(snapshot, files: DiskFiles.read)
        _ = try await keeper.run(snapshot, text: text, stored: stored)
    }

    /// The process is gone and another begins on its files.
    func restarted() async throws -> Bench {
        let next = try Bench(nil, hasState: snapshot.stateDirectory != nil, in: folder)
        try await next.start()
        return next
    }

    @discardableResult
    func set(
        _ x: String, _ y: String, ifGeneration: UInt64? = nil
    ) async throws(WeightRefusal) -> WeightOutcome {
        try await keeper.change(
            WeightRequest(
                .weights(["kong": ["x": x, "y": y]]), source: .socket,
                expectedGeneration: ifGeneration))
    }

    @discardableResult
    func rollback() async throws(WeightRefusal) -> WeightOutcome {
        try await keeper.change(WeightRequest(.rollback(split: "kong"), source: .socket))
    }

    /// Looks at the weight file as often as the watcher would.
    func look() async { while await !keeper.lookAtFile() {} }

    var generation: UInt64 { get async { await keeper.report().generation } }

    var drift: [String] { get async { await keeper.report().driftedSplits } }

    private static func weights(_ numbers: [UInt32]) throws -> [Weight] {
        try numbers.map { try #require(Weight(hundredths: $0 * 100)) }
    }
}
