package import Settings
package import Telemetry

/// Counts changes of weights by split, source and result.
package struct ChangeTally: Sendable {
    private struct Key: Hashable {
        let split: String
        let source: String
        let result: String
    }

    private var counts: [Key: Int] = [:]

    /// Nothing counted yet.
    package init() {}

    /// Counts one change for each split that it names.
    package mutating func count(_ splits: [String], _ source: WeightSource, _ result: String) {
        for split in splits {
            counts[Key(split: split, source: source.rawValue, result: result), default: 0] += 1
        }
    }

    /// All counts, in a fixed order.
    package var changes: [ControlGauges.WeightChanges] {
        counts.map { key, count in
            ControlGauges.WeightChanges(
                split: key.split, source: key.source, result: key.result, count: count)
        }.sorted { ($0.split, $0.source, $0.result) < ($1.split, $1.source, $1.result) }
    }
}
