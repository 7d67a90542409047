/// Which versions of Kong each upstream answers with, and when it last did so: a few for each,
/// since whoever answers chooses the text. One more takes the place of the one that is silent the
/// longest.
package struct KongVersions: Sendable {
    /// One version of one upstream.
    package struct Sighting: Sendable, Equatable {
        /// The text in two halves, the first byte highest, zeros behind the last one; zero: none.
        package var high: UInt128 = 0
        package var low: UInt128 = 0
        /// When the last answer with it came, in the nanoseconds of the system's steady clock.
        package var seenNanoseconds: Int64 = 0
        /// The id of the target that it came from.
        package var target = -1

        /// The version as it was sent.
        package var text: String {
            var text = ""
            for half in [high, low] {
                for shift in stride(from: 120, through: 0, by: -8) {
                    let byte = UInt8(truncatingIfNeeded: half >> UInt128(shift))
                    if byte != 0 { text.unicodeScalars.append(Unicode.Scalar(byte)) }
                }
            }
            return text
        }
    }

    /// So many for each upstream: two are one too many already.
    package static let most = 4

    private var sightings: [Sighting] = []

    var rows: Int { sightings.count / Self.most }

    mutating func grow(rows: Int) {
        let added = rows - self.rows
        guard added > 0 else { return }
        sightings += repeatElement(Sighting(), count: added * Self.most)
    }

    /// An answer with this version came.
    mutating func note(
        row: Int, high: UInt128, low: UInt128, target: Int, nanoseconds: Int64
    ) {
        let first = row &* Self.most
        var place = first
        for index in first..<first &+ Self.most {
            if sightings[index].high == high, sightings[index].low == low {
                sightings[index].seenNanoseconds = nanoseconds
                sightings[index].target = target
                return
            }
            if sightings[index].seenNanoseconds < sightings[place].seenNanoseconds {
                place = index
            }
        }
        sightings[place] = Sighting(
            high: high, low: low, seenNanoseconds: nanoseconds, target: target)
    }

    mutating func merge(_ other: KongVersions) {
        grow(rows: other.rows)
        for row in 0..<other.rows {
            for sighting in other.sightings(row: row) { merge(sighting, row: row) }
        }
    }

    private mutating func merge(_ sighting: Sighting, row: Int) {
        let known = sightings(row: row).first {
            $0.high == sighting.high && $0.low == sighting.low
        }
        if let known, known.seenNanoseconds >= sighting.seenNanoseconds { return }
        let isFull = known == nil && sightings(row: row).count == Self.most
        let oldest = sightings(row: row).map(\.seenNanoseconds).min() ?? 0
        if isFull, oldest > sighting.seenNanoseconds { return }
        note(
            row: row, high: sighting.high, low: sighting.low, target: sighting.target,
            nanoseconds: sighting.seenNanoseconds)
    }

    /// What was seen, in no order.
    func sightings(row: Int) -> [Sighting] {
        sightings[row * Self.most..<(row + 1) * Self.most].filter { $0.high != 0 }
    }
}
