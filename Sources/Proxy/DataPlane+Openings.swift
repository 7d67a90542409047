internal import Kernel
internal import Telemetry

/// Connections that do not get over their opening.
extension DataPlane {
    /// What workers tell of them; for one listener at a time. When that one is slow the oldest are
    /// lost; all are counted.
    package func openingReports() -> some AsyncSequence<OpeningReport, Never> & Sendable {
        let foundation = foundation
        return Self.posts(to: crew.openingHandler).map { posted in
            let place = foundation.withLock { foundation -> OpeningReport.Place in
                switch posted.place {
                case .listener(let id):
                    return .listener(foundation.registry.listeners[id], client: posted.client)
                case .target(let id):
                    let target = foundation.registry.targets[id]
                    return .upstream(target.upstream, target: target.address)
                }
            }
            return OpeningReport(
                place: place, fault: posted.fault, reason: posted.reason, untold: posted.untold)
        }
    }
}
