/// The immutable, validated form of the configuration: what workers run on.
///
/// Every name in it resolves: a listener's split and a split's members exist.
package struct Snapshot: Sendable, Equatable {
    /// In the order of the file; no two listen on the same address.
    package var listeners: [ListenerSettings]
    /// In the order of the file; each has at least one target.
    package var upstreams: [UpstreamSettings]
    /// In the order of the file, with the weights that sluice.yaml gives.
    package var splits: [SplitSettings]
    /// The number of data-plane threads; 0 means one per CPU.
    package var workers: Int
    /// The weight file's path, ready to open; nil when there is none.
    package var weightsFile: String?
    /// The folder of what must survive a restart, ready to open; nil when there is none.
    package var stateDirectory: String?
    /// The control socket; nil when there is none.
    package var control: ControlSettings?
    /// The admin address; nil when there is none.
    package var admin: AdminSettings?
    /// The least important level that is logged.
    package var logLevel: LogLevel
    /// How lines of the log are written.
    package var logFormat: LogFormat
    /// How long the end of the process may take.
    package var shutdown: ShutdownTimes
    /// Where each exchange is written down; nil: nowhere.
    package var accessLog: AccessLogSettings?
    /// Whose rights the process has; nil: those that it was started with.
    package var identity: IdentitySettings?
    /// Whom metrics are pushed to; nil: nobody.
    package var statsD: StatsDSettings?
    /// Whom traces are told, and which; nil: nobody.
    package var traces: TraceSettings?

    /// A snapshot of parts that fit together; what is not said has its preset.
    package init(
        listeners: [ListenerSettings],
        upstreams: [UpstreamSettings],
        splits: [SplitSettings],
        workers: Int = 0,
        weightsFile: String? = nil,
        stateDirectory: String? = nil,
        control: ControlSettings? = nil,
        admin: AdminSettings? = nil,
        logLevel: LogLevel = .info,
        shutdown: ShutdownTimes = ShutdownTimes(),
        accessLog: AccessLogSettings? = nil,
        logFormat: LogFormat = .text,
        identity: IdentitySettings? = nil,
        statsD: StatsDSettings? = nil,
        traces: TraceSettings? = nil
    ) {
        self.listeners = listeners
        self.upstreams = upstreams
        self.splits = splits
        self.workers = workers
        self.weightsFile = weightsFile
        self.stateDirectory = stateDirectory
        self.control = control
        self.admin = admin
        self.logLevel = logLevel
        self.shutdown = shutdown
        self.accessLog = accessLog
        self.logFormat = logFormat
        self.identity = identity
        self.statsD = statsD
        self.traces = traces
    }

    /// The split of that name.
    package func split(named name: String) -> SplitSettings? {
        splits.first { $0.name == name }
    }

    /// The upstream of that name.
    package func upstream(named name: String) -> UpstreamSettings? {
        upstreams.first { $0.name == name }
    }
}
