package import Proxy
package import Telemetry

/// What went wrong, as logs and the status tell it.
package enum Wording {
    /// Why no connection came about.
    package static func text(of result: ConnectResult) -> String {
        switch result {
        case .ok: "connected"
        case .refused: "connection refused"
        case .timeout: "no connection in time"
        case .unreachable: "unreachable"
        case .reset: "connection reset"
        case .other: "connection failed"
        case .handshake: "no TLS came about"
        case .unverified: "its certificate cannot be trusted"
        }
    }

    /// Why a request got no answer, or none that counts.
    package static func text(of failure: TargetFailure) -> String {
        switch failure {
        case .connect(let result): text(of: result)
        case .attempt(.timeout): "no answer in time"
        case .attempt(.reset): "reset without an answer"
        case .attempt(.closed): "closed without an answer"
        case .attempt(.protocol): "broken answer"
        case .attempt(.connect): "connection failed"
        case .attempt(.other): "failed"
        case .attempt(.handshake): "no TLS came about"
        case .attempt(.unverified): "its certificate cannot be trusted"
        case .gateway(let status): "status \(status) of the gateway's own"
        }
    }

    /// What a worker reports of a target.
    package static func text(of report: FailureReport) -> String {
        let last = text(of: report.failure)
        return report.inARow <= 1 ? last : "\(report.inARow) failures in a row, at last: \(last)"
    }
}
