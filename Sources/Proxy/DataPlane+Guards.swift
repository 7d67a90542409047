internal import Kernel
package import Settings
internal import Telemetry

/// Guards before Admin APIs, as the control plane opens and shuts them.
extension DataPlane {
    /// From now on these splits are frozen, and no other. Answers when every worker lets no write
    /// through any more, or after one second; with the writes that are on their way by then.
    package nonisolated(nonsending) func setFreezes(
        _ freezes: [String: FreezeMode]
    ) async -> GuardCensus {
        let counts = Lock<[Int: Int]>([:])
        let roll = foundation.withLock { foundation in
            foundation.freezes = freezes
            let shut = foundation.shutListeners
            return send { _, acknowledge in
                .guards(shut: shut) { Self.add($0, to: counts, acknowledge) }
            }
        }
        return census(counts, await roll.acknowledgement())
    }

    /// Counts the writes that are on their way to Admin APIs.
    package func guardCensus() async -> GuardCensus {
        let counts = Lock<[Int: Int]>([:])
        let acknowledgement = await broadcast { _, acknowledge in
            .guards(shut: nil) { Self.add($0, to: counts, acknowledge) }
        }
        return census(counts, acknowledgement)
    }

    /// The requests that guards refuse, as workers tell of them; for one listener at a time. When
    /// that one is slow the oldest are lost; all are counted.
    package func guardReports() -> some AsyncSequence<GuardReport, Never> & Sendable {
        let foundation = foundation
        return Self.posts(to: crew.guardHandler).map { posted in
            let name = foundation.withLock { $0.registry.listeners[posted.listener] }
            return GuardReport(
                listener: name, client: posted.client, method: posted.method,
                target: posted.target, sign: posted.sign, credentials: posted.credentials,
                untold: posted.untold)
        }
    }

    private static func add(
        _ more: [Int: Int], to counts: Lock<[Int: Int]>, _ acknowledge: () -> Void
    ) {
        counts.withLock { $0.merge(more, uniquingKeysWith: +) }
        acknowledge()
    }

    private func census(
        _ counts: Lock<[Int: Int]>, _ acknowledgement: Acknowledgement
    ) -> GuardCensus {
        let listeners = registry.listeners
        let named = counts.withLock { $0 }.map { (listeners[$0], $1) }
        return GuardCensus(
            writesInFlight: Dictionary(named, uniquingKeysWith: +),
            pendingWorkers: acknowledgement.pendingWorkers)
    }
}

extension Foundation {
    /// Takes on the guards of listeners. One that is gone keeps its guard, since its connections
    /// may not be gone.
    mutating func takeOnGuards(of listeners: [ListenerSettings]) {
        for listener in listeners { guards[listener.name] = listener.guarding }
    }

    /// The ids of the listeners that let no write through.
    var shutListeners: Set<Int> {
        Set(guards.filter { isShut($0.value) }.keys.compactMap { registry.knownListener($0) })
    }

    /// Whether a guard lets no write through.
    func isShut(_ guarding: GuardSettings) -> Bool {
        freezes[guarding.split]?.shuts(guarding) ?? false
    }
}
