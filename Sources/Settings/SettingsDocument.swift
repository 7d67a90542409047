import Yams

/// sluice.yaml as written, on its way to a snapshot: each section is read by an extension, all
/// faults are collected, and only a document without faults becomes a snapshot.
struct SettingsDocument {
    /// What the variables of `${NAME}` hold.
    let environment: [String: String]
    /// The folder that the file's relative paths start from; empty for the current one.
    let folder: String
    var faults: FaultList
    /// The names under `upstreams`, also of faulty ones; nil when the section is missing.
    var upstreamNames: [String]?
    /// The names under `splits`, also of faulty ones; nil when the section is missing.
    var splitNames: [String]?
    /// The splits, if every one of them is sound.
    private(set) var splits: [SplitSettings]?
    /// The weight file's path, if it is named and sound.
    private(set) var weightsFile: String?
    /// The admin address and the traces, if they are sound.
    private(set) var admin: AdminSettings?
    private(set) var traces: TraceSettings?

    init(file: String, environment: [String: String]) {
        self.environment = environment
        folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        faults = FaultList(file: file)
    }

    /// The snapshot that the bytes describe; nil when `faults` has errors.
    mutating func read(_ bytes: [UInt8]) -> Snapshot? {
        let document = YAMLDocument(
            bytes, emptyMeans: "listeners, upstreams and splits", faults: &faults)
        guard let document, let fields = fields(of: document.root, keys: .top) else { return nil }
        let upstreams = readUpstreams(fields["upstreams"], in: document.root)
        splits = readSplits(fields["splits"], in: document.root)
        let listeners = readListeners(fields["listeners"], in: document.root)
        weightsFile = path(fields["weights_file"])
        let stateDirectory = path(fields["state_dir"])
        let control = readControl(fields["control"])
        admin = readAdmin(fields["admin"], besides: listeners ?? [])
        let accessLog = readAccessLog(
            fields["access_log"], besides: [faults.file, weightsFile, control?.socket])
        let workers = integer(fields["workers"], in: 0...Limits.workers) ?? 0
        let log = readLog(fields["log"])
        let identity = readIdentity(fields)
        let statsD = readStatsD(fields["statsd"])
        traces = readTraces(fields["otlp"])
        let shutdown = readShutdown(fields)
        warnOfUnused(upstreams: fields["upstreams"], splits: splits)
        guard faults.errors.isEmpty, let upstreams, let splits, let listeners else { return nil }
        return Snapshot(
            listeners: listeners, upstreams: upstreams, splits: splits, workers: workers,
            weightsFile: weightsFile, stateDirectory: stateDirectory, control: control,
            admin: admin, logLevel: log.level, shutdown: shutdown, accessLog: accessLog,
            logFormat: log.format, identity: identity, statsD: statsD, traces: traces)
    }

    private mutating func readShutdown(_ fields: [String: Field]) -> ShutdownTimes {
        var times = ShutdownTimes()
        if let grace = duration(fields["shutdown_grace"]) { times.graceMilliseconds = grace }
        if let delay = duration(fields["shutdown_delay"]) { times.delayMilliseconds = delay }
        return times
    }

    /// An upstream without a split is allowed: it may be made ready before it is used.
    private mutating func warnOfUnused(upstreams: Field?, splits: [SplitSettings]?) {
        guard let upstreams, let splits, case .mapping(let mapping) = upstreams.value else {
            return
        }
        let used = Set(splits.flatMap(\.members))
        for (key, _) in mapping {
            guard let name = key.scalar?.string, !used.contains(name) else { continue }
            faults.warn("the upstream \(quoted(name)) is in no split", at: key)
        }
    }
}
