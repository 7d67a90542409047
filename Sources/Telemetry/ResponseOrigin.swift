/// Who made a response that a client got, where the upstream is a Kong.
package enum ResponseOrigin: Int, CaseIterable, Sendable {
    /// The service behind Kong.
    case service
    /// Kong, since the service behind failed.
    case serviceFailed
    /// Kong, for a reason of its own.
    case kong
    /// Sluice, since no answer of the upstream could be had.
    case sluice
    /// Nothing tells whether it came through a Kong.
    case unknown

    /// As metrics and the control API name it.
    package var label: String {
        switch self {
        case .service: "service"
        case .serviceFailed: "service_failed"
        case .kong: "kong"
        case .sluice: "sluice"
        case .unknown: "unknown"
        }
    }
}
