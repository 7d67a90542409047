/// Which requests a split's upstreams have answered, by method and the first two segments of the
/// path, as a worker counts them.
///
/// All memory is there from the start: looking a request up and counting it allocate nothing. Slots
/// are taken in the order in which requests appear first and are never given to others; what finds
/// none is counted in one slot behind the last, so that whoever makes paths up fills the table and
/// nothing else. Keys are kept and compared byte for byte: the hash only says where to look.
package struct PrefixTable: Sendable {
    /// How many slots there are, and how many sides are counted in each.
    package let slotCount: Int
    package let sideCount: Int
    /// How many slots are taken.
    package private(set) var count = 0

    /// The bytes of each slot's key: method, space and segments.
    private var keys: [UInt8]
    private var keyCounts: [UInt8]
    private var hashes: [UInt64]
    /// Each slot's counts, and behind them those of what found no slot.
    private var counts: [Int]
    /// At the place that a hash says, or behind it, the slot and 1; 0 for none.
    private var index: [UInt16]

    /// The key that was read last.
    private var key: [UInt8]
    private var keyCount = 0
    private var hash: UInt64 = 0

    /// A table without slots, which takes no memory to speak of.
    package init() { self.init(slots: 0, sides: 0) }

    /// A table of so many slots, at most 4,096.
    package init(slots: Int, sides: Int) {
        slotCount = min(slots, 4_096)
        sideCount = sides
        keys = [UInt8](repeating: 0, count: slotCount * Self.keyBytes)
        keyCounts = [UInt8](repeating: 0, count: slotCount)
        hashes = [UInt64](repeating: 0, count: slotCount)
        counts = [Int](repeating: 0, count: (slotCount + 1) * sides)
        var places = 1
        while places < slotCount * 4 { places *= 2 }
        index = [UInt16](repeating: 0, count: places)
        key = [UInt8](repeating: 0, count: Self.keyBytes)
    }

    /// The slot of requests like this one, by the method and by path and query as they were sent:
    /// a new one where there is room, else the one behind the last.
    package mutating func slot(method: Span<UInt8>, path: Span<UInt8>) -> Int {
        readKey(method, path)
        var place = Int(truncatingIfNeeded: hash ^ hash &>> 32) & (index.count - 1)
        while index[place] != 0 {
            let slot = Int(index[place]) - 1
            if hashes[slot] == hash, isKey(ofSlot: slot) { return slot }
            place = (place + 1) & (index.count - 1)
        }
        guard count < slotCount else { return slotCount }
        let slot = count
        for at in 0..<keyCount { keys[slot * Self.keyBytes + at] = key[at] }
        keyCounts[slot] = UInt8(truncatingIfNeeded: keyCount)
        hashes[slot] = hash
        index[place] = UInt16(truncatingIfNeeded: slot + 1)
        count += 1
        return slot
    }

    /// One more request of a slot for a side.
    package mutating func add(slot: Int, side: Int) { counts[slot * sideCount + side] &+= 1 }

    /// The requests of a slot that a side has got; those without a slot are behind the last.
    package func count(slot: Int, side: Int) -> Int { counts[slot * sideCount + side] }

    /// What a slot stands for, as people read it: `GET /orders/{id}`. What is not printable, and
    /// braces that were sent, are shown as `%7B`.
    package func text(slot: Int) -> String {
        var text: [UInt8] = []
        var isMethod = true
        let start = slot * Self.keyBytes
        for byte in keys[start..<start + Int(keyCounts[slot])] {
            switch byte {
            case Self.idMark: text += "{id}".utf8
            case Self.cutMark: text += "{...}".utf8
            case UInt8(ascii: " ") where isMethod:
                isMethod = false
                text.append(byte)
            case UInt8(ascii: "{"), UInt8(ascii: "}"), 0...0x20, 0x7f...0xff:
                text += [UInt8(ascii: "%"), Self.digit(byte >> 4), Self.digit(byte & 15)]
            default: text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A copy with memory of its own: a worker that gave its table away would have to copy all of
    /// it at its next count.
    package func copy() -> PrefixTable {
        var copy = PrefixTable(slots: slotCount, sides: sideCount)
        for at in 0..<count * Self.keyBytes { copy.keys[at] = keys[at] }
        for slot in 0..<count {
            copy.keyCounts[slot] = keyCounts[slot]
            copy.hashes[slot] = hashes[slot]
        }
        for at in counts.indices { copy.counts[at] = counts[at] }
        for at in index.indices { copy.index[at] = index[at] }
        copy.count = count
        return copy
    }
}

/// Keys.
extension PrefixTable {
    private static let keyBytes = 128
    private static let mostMethod = 24
    private static let mostSegment = 48
    /// In a key, instead of an id, and behind what was cut. Neither is in any path.
    private static let idMark: UInt8 = 0
    private static let cutMark: UInt8 = 1

    private mutating func readKey(_ method: Span<UInt8>, _ path: Span<UInt8>) {
        keyCount = 0
        hash = 0xcbf2_9ce4_8422_2325
        putCut(method, 0, method.count, Self.mostMethod)
        put(UInt8(ascii: " "))
        guard path.count > 0, path[0] == UInt8(ascii: "/") else {
            // `*`, or nothing behind the authority, which is the root.
            if path.count == 0 || path[0] == UInt8(ascii: "?") { return put(UInt8(ascii: "/")) }
            return putCut(path, 0, Self.segmentEnd(path, 0), Self.mostSegment)
        }
        let end = Self.segmentEnd(path, 1)
        putSegment(path, 1, end)
        guard end < path.count, path[end] == UInt8(ascii: "/") else { return }
        let secondEnd = Self.segmentEnd(path, end + 1)
        if secondEnd > end + 1 { putSegment(path, end + 1, secondEnd) }
    }

    private mutating func putSegment(_ path: Span<UInt8>, _ start: Int, _ end: Int) {
        put(UInt8(ascii: "/"))
        if Self.isID(path, start, end) { return put(Self.idMark) }
        putCut(path, start, end, Self.mostSegment)
    }

    private mutating func putCut(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ most: Int) {
        for at in start..<min(end, start + most) { put(bytes[at]) }
        if end - start > most { put(Self.cutMark) }
    }

    private mutating func put(_ byte: UInt8) {
        key[keyCount] = byte
        keyCount &+= 1
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    private func isKey(ofSlot slot: Int) -> Bool {
        guard Int(keyCounts[slot]) == keyCount else { return false }
        let start = slot * Self.keyBytes
        for at in 0..<keyCount where keys[start + at] != key[at] { return false }
        return true
    }

    /// Where the next slash or the query is.
    private static func segmentEnd(_ path: Span<UInt8>, _ start: Int) -> Int {
        var end = start
        while end < path.count, path[end] != UInt8(ascii: "/"), path[end] != UInt8(ascii: "?") {
            end += 1
        }
        return end
    }

    /// Whether a segment is the id of one thing of many: a number; 16 or more of hexadecimal digits
    /// and dashes, with a digit, as UUIDs and hashes are; or 20 or more letters and digits with
    /// digits in three places at least. What people call their routes is none of these: a route
    /// that was taken for an id would be hidden behind others.
    private static func isID(_ path: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        let length = end - start
        guard length > 0 else { return false }
        var digits = 0
        var runs = 0
        var wasDigit = false
        var isHexadecimal = true
        var isWord = true
        for at in start..<end {
            let byte = path[at]
            let isDigit = byte &- UInt8(ascii: "0") < 10
            let letter = (byte | 0x20) &- UInt8(ascii: "a")
            if isDigit {
                digits += 1
                if !wasDigit { runs += 1 }
            } else {
                if letter >= 6, byte != UInt8(ascii: "-") { isHexadecimal = false }
                if letter >= 26 { isWord = false }
            }
            if !isHexadecimal, !isWord { return false }
            wasDigit = isDigit
        }
        return digits == length || isHexadecimal && length >= 16 && digits > 0
            || isWord && length >= 20 && runs >= 3
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
