/// How much a configuration may hold; each limit keeps a mistake from becoming an outage.
enum Limits {
    /// Certificates of one listener.
    static let certificatesOfListener = 256
    /// A file is read into memory whole, and a wrong path may lead to a log or a device.
    static let fileBytes = 1 << 20
    /// Names become metric labels and parts of addresses.
    static let nameBytes = 64
    /// RFC 1035 section 2.3.4.
    static let hostNameBytes = 253
    static let hostLabelBytes = 63
    /// A split's choice is a walk over its members.
    static let membersOfSplit = 64
    static let targetsOfUpstream = 1_000
    static let targetWeight = 1_000_000
    /// Each listener costs every worker a descriptor.
    static let listeners = 64
    /// Each of them is a label of some twenty metrics.
    static let upstreams = 1_000
    static let splits = 1_000
    static let workers = 1_024
    /// Each may be tried for each request.
    static let pinsOfSplit = 64
    static let routesOfListener = 64
    static let valuesOfCondition = 64
    static let conditionsOfWhen = 32
    /// What stands in requests is hardly ever longer.
    static let matchedTextBytes = 1_024
    static let stickyKeys = 8
    /// Shorter ones can be guessed; longer ones are files by mistake.
    static let secretBytes = 16...1_024
    /// A head must fit into one block of the proxy's; below 1 KiB ordinary ones would not.
    static let headBytes = 1 << 10...64 << 10
    /// As many as the parser of heads has room for.
    static let fields = 1...200
    /// A target is a part of a head; below this, ordinary ones would be refused.
    static let uriBytes = 256...64 << 10
    /// 0 takes requests without a body only; above a tebibyte a unit is mistyped.
    static let bodyBytes = 0...1 << 40
    /// More than there are descriptors for.
    static let connections = 1...1_000_000
    static let inflight = 1...1_000_000
    /// 0 refuses at once what finds no place.
    static let queue = 0...1_000_000
    static let requestsPerConnection = 1...1_000_000_000
    /// With more, one exchange would visit every target there is.
    static let retries = 0...10
    /// More often, checks would be a load of their own.
    static let healthIntervalMilliseconds = 100
    static let healthPathBytes = 1_024
    /// With more, a state would hardly ever change.
    static let checksInARow = 1...100
    static let failuresInARow = 1...1_000
    /// An interim answer says nothing yet.
    static let finalStatuses = 200...599
    static let statusRanges = 32
    static let conditionBytes = 256
    /// More would be a policy of its own; looking through them happens to refused writes only.
    static let allowedRequests = 100
    static let tokens = 64
    static let adminHosts = 64
    /// More often, looking up names would be a load of its own.
    static let resolveIntervalMilliseconds = 1_000
    /// More often, reading all that an Admin API has would be a load of its own.
    static let adminIntervalMilliseconds = 1_000
    static let urlBytes = 1_024
    /// More often, gathering metrics would be a load of its own.
    static let statsDIntervalMilliseconds = 1_000
    /// More often, spans would hardly ever share a message.
    static let traceIntervalMilliseconds = 100
    /// Below this, a metric with its tags would not fit; above, UDP takes none.
    static let datagramBytes = 512...65_507
    /// Each is a part of every line.
    static let tags = 16
    static let tagBytes = 200
    /// Each is sent to both sides, one after the other.
    static let smokeRequests = 64
    static let smokeHeaders = 32
    static let smokeFields = 32
    static let smokeIgnoredPaths = 64
    /// A plan is read by people.
    static let planSteps = 50
    /// More would hold a step for weeks.
    static let planRequests = 0...1_000_000_000
    static let headerValueBytes = 4_096
    /// What `sockaddr_un` holds on Linux, without the closing NUL.
    static let socketPathBytes = 107
    /// A longer wait is a mistyped unit.
    static let durationMilliseconds = 24 * 3_600 * 1_000
    /// More would hide the error, and looking through them would take its time.
    static let namesInErrors = 20
    /// How much of a wrong text an error repeats.
    static let quotedCharacters = 60
}
