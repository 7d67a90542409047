/// Which requests each side of an upgrade has seen, by method and the first two segments of the
/// path: a table of at most 1,024 rows. Noting a request that has its row allocates nothing.
package struct RequestPrefixes: Sendable, Equatable {
    /// Who got a request.
    package enum Side: Sendable, Equatable {
        case stable, candidate
    }

    /// One method and prefix.
    package struct Row: Sendable, Equatable {
        /// `GET /orders/*`.
        package let text: String
        /// How many requests each side got.
        package fileprivate(set) var stableCount = 0
        package fileprivate(set) var candidateCount = 0
        fileprivate let hash: UInt64
    }

    /// Enough for what people name; beyond it, names are probably ids.
    package static let mostRows = 1_024
    private static let slots = 4_096
    private static let longestSegment = 48
    private static let longestMethod = 24

    /// In the order in which they came.
    package private(set) var rows: [Row] = []
    /// Requests that found no row and no room for one.
    package private(set) var overflowCount = 0
    /// Of each slot the row there, counted from 1; 0 is none.
    private var index = [UInt16](repeating: 0, count: slots)

    /// Without a row.
    package init() {}

    /// One more request, by its method and its target as they were sent.
    package mutating func note(method: Span<UInt8>, target: Span<UInt8>, side: Side) {
        let ends = Self.segments(target)
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for at in 0..<min(method.count, Self.longestMethod) { Self.mix(method[at], &hash) }
        Self.mix(0x20, &hash)
        Self.mix(target, ends.first, &hash)
        Self.mix(target, ends.second, &hash)
        let slot = slot(of: hash)
        if index[slot] != 0 { return count(side, 1, at: Int(index[slot]) - 1) }
        guard rows.count < Self.mostRows else {
            overflowCount += 1
            return
        }
        add(Row(text: Self.text(method, target, ends), hash: hash), at: slot)
        count(side, 1, at: rows.count - 1)
    }

    /// Adds what another table counted.
    package mutating func merge(_ other: RequestPrefixes) {
        overflowCount += other.overflowCount
        for row in other.rows {
            let slot = slot(of: row.hash)
            if index[slot] == 0 {
                guard rows.count < Self.mostRows else {
                    overflowCount += row.stableCount + row.candidateCount
                    continue
                }
                add(Row(text: row.text, hash: row.hash), at: slot)
            }
            count(.stable, row.stableCount, at: Int(index[slot]) - 1)
            count(.candidate, row.candidateCount, at: Int(index[slot]) - 1)
        }
    }

    /// What the stable side has seen and the candidate has not, the most frequent first.
    package var unseen: [Row] {
        rows.filter { $0.stableCount > 0 && $0.candidateCount == 0 }
            .sorted { ($1.stableCount, $0.text) < ($0.stableCount, $1.text) }
    }

    private mutating func add(_ row: Row, at slot: Int) {
        rows.append(row)
        index[slot] = UInt16(rows.count)
    }

    private mutating func count(_ side: Side, _ count: Int, at row: Int) {
        switch side {
        case .stable: rows[row].stableCount += count
        case .candidate: rows[row].candidateCount += count
        }
    }

    /// Where a row with this hash is or would be.
    private func slot(of hash: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & (Self.slots - 1)
        while index[slot] != 0, rows[Int(index[slot]) - 1].hash != hash {
            slot = (slot + 1) & (Self.slots - 1)
        }
        return slot
    }
}

/// The segments of a target.
extension RequestPrefixes {
    private typealias Ends = (first: Range<Int>, second: Range<Int>)

    /// The first two segments, each without its slash; the query is no part of the path. What is
    /// no path, such as `*`, is one segment.
    private static func segments(_ target: Span<UInt8>) -> Ends {
        var at = 0
        let isPath = target.count > 0 && target[0] == UInt8(ascii: "/")
        if isPath { at = 1 }
        let first = segment(target, from: at)
        guard isPath, first.upperBound < target.count,
            target[first.upperBound] == UInt8(ascii: "/")
        else { return (first, first.upperBound..<first.upperBound) }
        return (first, segment(target, from: first.upperBound + 1))
    }

    private static func segment(_ target: Span<UInt8>, from start: Int) -> Range<Int> {
        var end = start
        while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?")
        {
            end += 1
        }
        return start..<end
    }

    /// Whether a segment looks like the id of something: a number, or long with a digit in it.
    private static func isID(_ target: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var digits = 0
        for at in range where (0x30...0x39).contains(target[at]) { digits += 1 }
        return range.count > longestSegment || digits > 0 && digits == range.count
            || digits > 0 && range.count >= 16
    }

    private static func mix(_ byte: UInt8, _ hash: inout UInt64) {
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    private static func mix(_ target: Span<UInt8>, _ range: Range<Int>, _ hash: inout UInt64) {
        mix(UInt8(ascii: "/"), &hash)
        if isID(target, range) { return mix(UInt8(ascii: "*"), &hash) }
        for at in range { mix(target[at], &hash) }
    }

    private static func text(
        _ method: Span<UInt8>, _ target: Span<UInt8>, _ ends: Ends
    ) -> String {
        var bytes: [UInt8] = []
        for at in 0..<min(method.count, longestMethod) { bytes.append(method[at]) }
        bytes.append(0x20)
        append(target, ends.first, &bytes)
        if !ends.second.isEmpty { append(target, ends.second, &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(
        _ target: Span<UInt8>, _ range: Range<Int>, _ bytes: inout [UInt8]
    ) {
        bytes.append(UInt8(ascii: "/"))
        if isID(target, range) {
            bytes.append(UInt8(ascii: "*"))
        } else {
            for at in range { bytes.append(target[at]) }
        }
    }
}
