internal import Bytes
internal import Kernel
internal import Splitting
internal import Telemetry

/// Targets that get nothing new.
extension Worker {
    /// Closes the idle connections to drained targets.
    mutating func emptyDrainedPools() {
        for target in 0..<targets.count where targets[target].standing.isDrained {
            emptyPool(of: target)
        }
    }

    /// Whether a drained target keeps no connection that an exchange was done with. Where nothing
    /// else is usable the split is kept, and the drain has no effect; a pin asks for this upstream
    /// alone.
    func isPoolShut(_ target: Int, to exchange: Int) -> Bool {
        guard targets[target].standing.isDrained else { return false }
        return exchanges[exchange].choice == .pin || hasUsableTarget(splitOf: exchange)
    }

    /// What is in flight at each target that has anything.
    func census() -> [Int: TargetLoad] {
        var loads: [Int: TargetLoad] = [:]
        for exchange in 0..<exchanges.indexLimit where exchanges.isUsed(exchange) {
            guard exchanges[exchange].upstreamConnection >= 0 else { continue }
            let age = now.since(exchanges[exchange].began)
            let target = exchanges[exchange].target
            if exchanges[exchange].isTCP {
                loads[target, default: TargetLoad()].addTCP(ageNanoseconds: age)
            } else if exchanges[exchange].phase == .tunnelling {
                loads[target, default: TargetLoad()].addTunnel(ageNanoseconds: age)
            } else {
                loads[target, default: TargetLoad()].addRequest(ageNanoseconds: age)
            }
        }
        return loads
    }
}
