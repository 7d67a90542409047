internal import Bytes
internal import Kernel
internal import Splitting
internal import Telemetry

/// Targets that get nothing new.
extension Worker {
    /// Closes the idle connections to drained targets and lets exchanges that wait for a
    /// connection to one choose again. To be called after every change of what may be chosen.
    mutating func obeyDrains() {
        var isAnyDrained = false
        for target in 0..<targets.count where targets[target].standing.isDrained {
            isAnyDrained = true
            emptyPool(of: target)
        }
        guard isAnyDrained else { return }
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            guard exchanges[exchange].phase == .connecting,
                isShut(exchanges[exchange].target, to: exchange)
            else { continue }
            // One that went there for want of anything else has passed over what is usable now.
            let event: Exchange.Event =
                exchanges[exchange].ignoresHealth ? .weightGone : .targetDrained
            perform(exchanges[exchange].handle(event), exchange)
        }
        for upstream in 0..<upstreams.count { lookAgain(at: upstream) }
    }

    /// Whether a target gets nothing more of an exchange's split, because it is drained. Where
    /// nothing else is usable the split is kept, and the drain has no effect.
    func isShut(_ target: Int, to exchange: Int) -> Bool {
        guard targets[target].standing.isDrained else { return false }
        // A pin asks for this upstream alone.
        if exchanges[exchange].choice == .pin { return true }
        let split = exchanges[exchange].split
        for member in 0..<splits[split].members.count
        where splits[split].members[member].weight > .zero {
            if upstreams[splits[split].members[member].upstream].standing.isUsable { return true }
        }
        return false
    }

    /// What is in flight at each target that has anything.
    func census() -> [Int: TargetLoad] {
        var loads: [Int: TargetLoad] = [:]
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            guard exchanges[exchange].upstreamConnection >= 0 else { continue }
            let age = now.since(exchanges[exchange].began)
            let target = exchanges[exchange].target
            if exchanges[exchange].phase == .tunnelling {
                loads[target, default: TargetLoad()].addTunnel(ageNanoseconds: age)
            } else {
                loads[target, default: TargetLoad()].addRequest(ageNanoseconds: age)
            }
        }
        return loads
    }
}
