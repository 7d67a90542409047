internal import Kernel
internal import Settings
package import Telemetry

/// What went wrong with one attempt at a target.
package enum TargetFailure: Sendable, Equatable {
    case connect(ConnectResult)
    case attempt(AttemptFailure)
    /// A gateway answered with this status for a failure of its own.
    case gateway(status: Int)
}

/// What a worker tells of a target that fails. Rare: never for a request that went well, and for
/// one target at most once a second of each kind.
package struct FailureReport: Sendable, Equatable {
    /// The upstream's name and the target's address.
    package let upstream: String
    package let address: String
    /// So many failures there were in a row at this worker, and the last of them.
    package let inARow: Int
    package let failure: TargetFailure
    /// Whether that is as often as the upstream's settings allow; else only a connect failed, to
    /// a target that is given by a name.
    package let isLimit: Bool
}

/// The same as the worker posts it, with the target's id.
struct PostedFailure: Sendable {
    let target: Int
    let inARow: Int
    let failure: TargetFailure
    let isLimit: Bool
}

/// What a worker counts of one target's failures.
struct FailureCount {
    /// What is reported.
    struct Watch: Sendable {
        /// So many failures in a row are reported; 0: none are counted.
        var limit = 0
        /// Whether each failed connect may mean that the target's name has another address.
        var isNamed = false
    }

    var watch = Watch()
    var inARow = 0
    /// Nothing of each kind is reported again before these moments.
    var quietUntil = Instant(nanoseconds: 0)
    var namesQuietUntil = Instant(nanoseconds: 0)

    /// Begins anew: what brought a target out of service does not count once more afterwards.
    mutating func reset() {
        inARow = 0
        quietUntil = Instant(nanoseconds: 0)
    }
}

extension FailureCount.Watch {
    /// What is reported of a target with these settings.
    init(_ target: TargetSettings, in upstream: UpstreamSettings) {
        limit = upstream.ejection?.consecutive ?? 0
        isNamed = target.isNamed
    }
}
