import Addressing
import Admin
import Kernel
import Logging
import Proxy
import Settings
import Splitting
import Testing

/// A control API before a data plane that only remembers: `x` has the targets 127.0.0.1:9001 and
/// kong-x:8000, which is 10.0.0.1 and 10.0.0.2; `y` has 127.0.0.1:9002.
struct DrainBench {
    let folder: TemporaryFolder
    let plane = FakePlane()
    let log = Lock<[String]>([])
    let api: ControlAPI

    init(hasState: Bool = true, in folder: TemporaryFolder? = nil) async throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        plane.memory.withLock { memory in
            memory.resolved = [
                Self.resolved("x", "127.0.0.1:9001", 0x7f00_0001, 9_001),
                Self.resolved("x", "kong-x:8000", 0x0a00_0001, 8_000),
                Self.resolved("x", "kong-x:8000", 0x0a00_0002, 8_000),
                Self.resolved("y", "127.0.0.1:9002", 0x7f00_0001, 9_002),
            ]
        }
        let snapshot = try Self.snapshot(folder, hasState: hasState)
        let log = log
        let logger = Logger(label: "test") { _ in ListedLog(lines: log) }
        let keeper = WeightKeeper(
            plane: plane, store: WeightStore(WeightStore.Places(snapshot)), logger: logger,
            disk: .threads)
        let operation = Operation(snapshot, plane: plane, keeper: keeper, logger: logger)
        api = ControlAPI(operation, access: .full)
        try await operation.start(text: .settings)
    }

    static func snapshot(
        _ folder: TemporaryFolder, hasState: Bool = true, isSmall: Bool = false
    ) throws -> Snapshot {
        let local = { (port: UInt16) in
            TargetSettings(
                address: AddressSetting(host: .ip(IPAddress(ipv4: 0x7f00_0001)), port: port))
        }
        let name = TargetSettings(address: AddressSetting(host: .name("kong-x"), port: 8_000))
        let x = UpstreamSettings(name: "x", targets: isSmall ? [name] : [local(9_001), name])
        let y = UpstreamSettings(name: "y", targets: [local(9_002)])
        let half = try #require(Weight(hundredths: 5_000))
        let members = isSmall ? ["x"] : ["x", "y"]
        return Snapshot(
            listeners: [], upstreams: isSmall ? [x] : [x, y],
            splits: [
                SplitSettings(
                    name: "kong", members: members, weights: members.map { _ in half },
                    stable: "x")
            ], stateDirectory: hasState ? "\(folder.path)/state" : nil)
    }

    /// The process is gone and another begins on its files.
    func restarted() async throws -> DrainBench { try await DrainBench(in: folder) }

    func drain(_ name: String, _ body: String = "") async throws -> (Int, JSONValue) {
        let answer = await api.drain(name, Array(body.utf8))
        return (answer.status, try JSONReader.read(answer.body))
    }

    func undrain(_ name: String, _ body: String = "") async throws -> (Int, JSONValue) {
        let answer = await api.undrain(name, Array(body.utf8))
        return (answer.status, try JSONReader.read(answer.body))
    }

    func upstream(_ name: String) async throws -> JSONValue {
        try JSONReader.read(await api.upstream(name).body)
    }

    /// What the workers were told last, as `x` or `x 127.0.0.1:9001`.
    var drained: Set<String> {
        Set(plane.memory.withLock { $0.drains.last ?? [] }.map { "\($0)" })
    }

    func logs(_ words: String) -> Bool { log.withLock { $0.contains { $0.contains(words) } } }

    private static func resolved(
        _ upstream: String, _ setting: String, _ address: UInt32, _ port: UInt16
    ) -> ResolvedTarget {
        ResolvedTarget(
            upstream: upstream, setting: setting,
            address: SocketAddress(version4: address, port: port))
    }
}

/// Keeps what is logged, as `level text`.
private struct ListedLog: LogHandler {
    let lines: Lock<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message)") }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
