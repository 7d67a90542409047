package import Settings
package import Splitting
package import Telemetry

/// What is set at one moment, for those who look.
package struct WeightReport: Sendable {
    /// One split.
    package struct Split: Sendable {
        /// What sluice.yaml says, what is set, and whether that survives a restart.
        package let settings: SplitSettings
        package let set: SplitWeights
        package let isDurable: Bool

        /// Each member's share of the weights, 0 to 1.
        package var shares: [Double] { WeightReport.shares(of: set.weights) }

        /// What health and drain make of the set weights, given the upstreams with a usable
        /// target.
        package func effectiveWeights(_ usable: Set<String>) -> [Weight] {
            EffectiveWeights.of(
                set: set.weights, usable: settings.members.map { usable.contains($0) })
        }
    }

    /// Each weight's part of their sum.
    package static func shares(of weights: [Weight]) -> [Double] {
        let sum = weights.reduce(0) { $0 + Int($1.hundredths) }
        return weights.map { Double($0.hundredths) / Double(max(sum, 1)) }
    }

    /// In the order of sluice.yaml.
    package let splits: [Split]
    /// The number of the last change.
    package let generation: UInt64
    /// The splits whose set weights are not those of the weight file.
    package let driftedSplits: [String]
    /// What is wrong with the weight file; empty when nothing is.
    package let fileFaults: [SettingsError]
    /// Why the weight file is not in force although it has no fault; nil when it is.
    package let refusedFile: String?
    /// Why the last change is not in the weight file; nil when it is.
    package let unwrittenFile: String?
    /// The members that are kept at weight 0.
    package let latches: [Latch]
    /// The changes so far, and what was routed since the last one of each split.
    package let changes: [ControlGauges.WeightChanges]
    package let measurement: Measurement
}

extension WeightKeeper {
    /// What is set now.
    package func report() -> WeightReport {
        let reported = splits.compactMap { split in
            set[split.name].map { set in
                WeightReport.Split(
                    settings: split, set: set, isDurable: durable[split.name] ?? true)
            }
        }
        return WeightReport(
            splits: reported, generation: generation,
            driftedSplits: reported.filter { isDrifted($0) }.map(\.settings.name),
            fileFaults: text.errors, refusedFile: latchedFile,
            unwrittenFile: fileFault, latches: latches,
            changes: tally.changes, measurement: measurement)
    }

    private func isDrifted(_ split: WeightReport.Split) -> Bool {
        guard case .file(let document) = text else { return false }
        return document.weights[split.settings.name] != split.set.weights
    }
}
