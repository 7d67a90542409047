internal import Bytes
internal import HTTP
internal import Kernel
internal import Telemetry

/// A split whose requests are told apart by method and prefix.
struct PrefixWatch: Sendable, Equatable {
    /// The split's id, and the lanes of the sides that are counted, in the order of the sides.
    let split: Int
    let lanes: [Int]
    /// Another number begins a table anew.
    let epoch: Int64
}

/// What a worker counts of a split by method and prefix, at the split's id.
struct PrefixState {
    var table = PrefixTable()
    var watch: PrefixWatch?
    /// The lanes of the two sides, -1 for none.
    var stable = -1
    var candidate = -1
}

/// Requests by method and prefix, while somebody wants to know. A request is looked up when it is
/// sent, since its head is at hand then, and counted when the upstream's answer comes: what nobody
/// has answered was not seen. While nobody asks, either costs a compare.
extension Worker {
    /// Tells these splits' requests apart, and no other's. A table that is wanted as before stays.
    mutating func watchPrefixes(_ watches: [PrefixWatch]) {
        for split in 0..<prefixes.count {
            let watch = watches.first { $0.split == split }
            guard prefixes[split].watch != watch else { continue }
            for exchange in 0..<exchanges.indexLimit
            where exchanges.isUsed(exchange) && exchanges[exchange].split == split {
                exchanges[exchange].prefixSlot = -1
            }
            guard let watch, watch.lanes.count == RequestPrefixes.sides else {
                prefixes[split] = PrefixState()
                continue
            }
            prefixes[split] = PrefixState(
                table: PrefixTable(slots: RequestPrefixes.slots, sides: RequestPrefixes.sides),
                watch: watch, stable: watch.lanes[RequestPrefixes.stable],
                candidate: watch.lanes[RequestPrefixes.candidate])
        }
        watchesPrefixes = !watches.isEmpty
    }

    /// A copy of what was counted of each split that is watched.
    func copyPrefixes() -> [(watch: PrefixWatch, table: PrefixTable)] {
        (0..<prefixes.count).compactMap { split in
            prefixes[split].watch.map { ($0, prefixes[split].table.copy()) }
        }
    }

    /// The request in `requestHead` is about to be sent.
    @inline(__always)
    mutating func notePrefix(_ exchange: Int, _ buffer: borrowing Buffer) {
        if watchesPrefixes { findPrefix(exchange, buffer) }
    }

    /// The head of the final answer is here.
    @inline(__always)
    mutating func notePrefixAnswered(_ exchange: Int) {
        if exchanges[exchange].prefixSlot >= 0 { countPrefix(exchange) }
    }

    private mutating func findPrefix(_ exchange: Int, _ buffer: borrowing Buffer) {
        let split = exchanges[exchange].split
        guard prefixes[split].table.slotCount > 0, exchanges[exchange].prefixSlot < 0 else {
            return
        }
        let method = requestHead.methodRange
        let path = requestHead.pathRange
        let slot = prefixes[split].table.slot(
            method: buffer.bytes.extracting(method.start..<method.end),
            path: buffer.bytes.extracting(path.start..<path.end))
        exchanges[exchange].prefixSlot = Int16(truncatingIfNeeded: slot)
    }

    private mutating func countPrefix(_ exchange: Int) {
        let split = exchanges[exchange].split
        let lane = exchanges[exchange].lane
        let slot = Int(exchanges[exchange].prefixSlot)
        if lane == prefixes[split].stable {
            prefixes[split].table.add(slot: slot, side: RequestPrefixes.stable)
        } else if lane == prefixes[split].candidate {
            prefixes[split].table.add(slot: slot, side: RequestPrefixes.candidate)
        }
    }
}
