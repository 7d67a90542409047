internal import Kernel
package import Telemetry

/// Requests by method and prefix, as the control plane asks for them.
extension DataPlane {
    /// A split whose requests are told apart while an upgrade of it goes on.
    package struct PrefixSubject: Sendable, Equatable {
        /// The split's name, and those of the old side and the new one.
        package let split: String
        package let stable: String
        package let candidate: String
        /// Another number begins anew.
        package let epoch: Int64

        package init(split: String, stable: String, candidate: String, epoch: Int64) {
            self.split = split
            self.stable = stable
            self.candidate = candidate
            self.epoch = epoch
        }
    }

    /// From now on these splits' requests are told apart, and no other's. Answers when every worker
    /// does so, or after one second.
    package nonisolated(nonsending) func watchPrefixes(
        _ subjects: [PrefixSubject]
    ) async -> Acknowledgement {
        let roll = foundation.withLock { foundation in
            let watches = subjects.compactMap { subject -> PrefixWatch? in
                guard let split = foundation.seeds[subject.split]?.id else { return nil }
                let lanes = [subject.stable, subject.candidate].map {
                    foundation.registry.knownLane(split: subject.split, upstream: $0) ?? -1
                }
                return PrefixWatch(split: split, lanes: lanes, epoch: subject.epoch)
            }
            return send { .watchPrefixes(watches, acknowledge: $1) }
        }
        return await roll.acknowledgement()
    }

    /// What all workers counted of these splits. A worker that does not answer within a second is
    /// counted as it was when it last did.
    package func prefixes() async -> [String: RequestPrefixes] {
        let lastPrefixes = lastPrefixes
        _ = await broadcast { number, acknowledge in
            .copyPrefixes { tables in
                lastPrefixes.withLock { $0[number] = tables }
                acknowledge()
            }
        }
        let splits = registry.splits
        return lastPrefixes.withLock { all in
            var sums: [String: RequestPrefixes] = [:]
            for (watch, table) in all.joined() {
                sums[splits[watch.split], default: RequestPrefixes()].merge(table)
            }
            return sums
        }
    }
}
