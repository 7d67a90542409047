/// What an exchange may have come to that speaks against the side that it was sent to.
package enum JudgedClass: Int, CaseIterable, Sendable {
    /// 5xx, and what Sluice answered or broke off itself for want of a whole answer.
    case errors
    /// 401 and 403.
    case denied
    /// 404 where the gateway knows no route; any 404 where nothing tells that it was the gateway.
    case noRoute
    /// 426.
    case upgradeRequired
    /// An answer that came later than its side's mark.
    case latency
    /// 429.
    case rateLimited
    /// Requests that have waited for their answer for longer than `Patience` says.
    case hanging

    /// As plans, metrics and the control API name it.
    package var label: String {
        switch self {
        case .errors: "errors"
        case .denied: "denied"
        case .noRoute: "no_route"
        case .upgradeRequired: "upgrade_required"
        case .latency: "latency"
        case .rateLimited: "rate_limited"
        case .hanging: "hanging"
        }
    }

    /// What it means, for those who read a verdict.
    package var text: String {
        switch self {
        case .errors: "5xx and broken answers"
        case .denied: "401 and 403"
        case .noRoute: "404 for want of a route"
        case .upgradeRequired: "426"
        case .latency: "late answers"
        case .rateLimited: "429"
        case .hanging: "requests that hang"
        }
    }

    /// The class of a label.
    package init?(label: String) {
        guard let found = Self.allCases.first(where: { $0.label == label }) else { return nil }
        self = found
    }

    /// What a breach leads to unless a plan says otherwise. With limits that each gateway counts
    /// for itself the rate of 429 follows the share, so it is no reason to go back.
    package var defaultAction: BreachAction {
        switch self {
        case .errors, .denied, .noRoute, .upgradeRequired, .hanging: .rollback
        case .latency: .pause
        case .rateLimited: .warn
        }
    }
}

/// What a breach leads to.
package enum BreachAction: String, CaseIterable, Sendable {
    case rollback, pause, warn
}
