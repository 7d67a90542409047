/// Which requests each side of an upgrade has answered, by method and the first two segments of
/// the path: what the tables of all workers, and of earlier runs, amount to.
package struct RequestPrefixes: Sendable, Equatable {
    /// One method and prefix.
    package struct Row: Sendable, Equatable {
        /// `GET /orders/{id}`.
        package let text: String
        /// How many requests each side has answered.
        package fileprivate(set) var stableCount: Int
        package fileprivate(set) var candidateCount: Int

        /// A row as it was kept.
        package init(text: String, stableCount: Int = 0, candidateCount: Int = 0) {
            self.text = text
            self.stableCount = stableCount
            self.candidateCount = candidateCount
        }
    }

    /// The sides in a worker's table.
    package static let stable = 0
    package static let candidate = 1
    package static let sides = 2
    /// The slots of a worker's table: enough for what people name.
    package static let slots = 256
    /// The rows of all tables together.
    package static let mostRows = 1_024

    /// In the order in which they came.
    package private(set) var rows: [Row] = []
    /// Requests that found no row and no room for one, of both sides.
    package private(set) var overflowCount = 0

    /// Without a row.
    package init() {}

    /// As they were kept: of rows with one text the first counts.
    package init(rows: [Row], overflowCount: Int) {
        for row in rows where self.rows.count < Self.mostRows {
            if !self.rows.contains(where: { $0.text == row.text }) { self.rows.append(row) }
        }
        self.overflowCount = overflowCount
    }

    /// Adds what a worker counted.
    package mutating func merge(_ table: PrefixTable) {
        guard table.sideCount == Self.sides else { return }
        merge(
            (0..<table.count).map { slot in
                Row(
                    text: table.text(slot: slot),
                    stableCount: table.count(slot: slot, side: Self.stable),
                    candidateCount: table.count(slot: slot, side: Self.candidate))
            })
        overflowCount += table.count(slot: table.slotCount, side: Self.stable)
        overflowCount += table.count(slot: table.slotCount, side: Self.candidate)
    }

    /// Adds what was counted elsewhere.
    package mutating func merge(_ other: RequestPrefixes) {
        merge(other.rows)
        overflowCount += other.overflowCount
    }

    private mutating func merge(_ others: [Row]) {
        var places: [String: Int] = [:]
        for (place, row) in rows.enumerated() { places[row.text] = place }
        for row in others where row.stableCount + row.candidateCount > 0 {
            if let place = places[row.text] {
                rows[place].stableCount += row.stableCount
                rows[place].candidateCount += row.candidateCount
            } else if rows.count < Self.mostRows {
                places[row.text] = rows.count
                rows.append(row)
            } else {
                overflowCount += row.stableCount + row.candidateCount
            }
        }
    }

    /// What the stable side has answered and the candidate has not, the most frequent first.
    package var unseen: [Row] {
        rows.filter { $0.stableCount > 0 && $0.candidateCount == 0 }
            .sorted { ($1.stableCount, $0.text) < ($0.stableCount, $1.text) }
    }
}
