internal import Logging
internal import Proxy
internal import ServiceLifecycle
internal import Telemetry

/// Says who wanted to write to an Admin API that is frozen.
struct GuardService: Service {
    let plane: DataPlane
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await report in plane.guardReports() { logger.warning("\(Self.text(report))") }
        }
    }

    static func text(_ report: GuardReport) -> String {
        let credentials =
            report.credentials.isEmpty ? "none" : report.credentials.joined(separator: ", ")
        let more = report.untold > 0 ? "; \(report.untold) others before it are not told of" : ""
        return "admin write refused at \(report.listener): \(report.client) wanted "
            + "\(report.method.debugDescription) \(report.target.debugDescription) "
            + "(\(reason(report))), credentials: \(credentials)\(more)"
    }

    private static func reason(_ report: GuardReport) -> String {
        switch report.sign {
        case .method: "it writes"
        case .path: "its path is ambiguous"
        case .target: "its target is no path"
        case .upgrade: "it asks for another protocol"
        case .override: "it overrides the method"
        }
    }
}
