/// Slots for requests by the first two segments of their paths, and by their methods where those
/// are told apart, as a worker counts them.
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
    }

    /// The slot of requests like this one, by the method and by path and query as they were sent:
    /// a new one where there is room, else the one behind the last.
    package mutating func slot(method: Span<UInt8>, path: Span<UInt8>) -> Int {
        slot(Key(method, path), method, path)
    }

    /// The slot of requests to paths like this one, whatever their methods are.
    package mutating func slot(path: Span<UInt8>) -> Int { slot(Key(path), path, path) }

    private mutating func slot(
        _ key: Key, _ method: Span<UInt8>, _ path: Span<UInt8>
    ) -> Int {
        var place = Int(truncatingIfNeeded: key.hash ^ key.hash &>> 32) & (index.count - 1)
        while index[place] != 0 {
            let slot = Int(index[place]) - 1
            if hashes[slot] == key.hash, isKey(key, ofSlot: slot, method, path) { return slot }
            place = (place + 1) & (index.count - 1)
        }
        guard count < slotCount else { return slotCount }
        let slot = count
        write(key, toSlot: slot, method, path)
        hashes[slot] = key.hash
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
        let start = slot * Self.keyBytes
        var isMethod = keys[start] != UInt8(ascii: "/")
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

    /// A part of a key: where it is in the method or the path, what stands before and behind it.
    private struct Part {
        static let none: UInt8 = 0xff

        var before = Part.none
        var start = 0
        var end = 0
        var behind = Part.none

        var count: Int {
            (before == Self.none ? 0 : 1) + end - start + (behind == Self.none ? 0 : 1)
        }
    }

    /// What tells a request from others: read in one pass, and written down for a new slot only.
    private struct Key {
        private(set) var method = Part()
        private(set) var first = Part()
        private(set) var second = Part()
        private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325

        var count: Int { method.count + first.count + second.count }

        init(_ method: Span<UInt8>, _ path: Span<UInt8>) {
            self.method.end = min(method.count, PrefixTable.mostMethod)
            for at in 0..<self.method.end { add(method[at]) }
            if method.count > self.method.end { add(PrefixTable.cutMark) }
            self.method.behind =
                method.count > self.method.end ? PrefixTable.cutMark : UInt8(ascii: " ")
            add(UInt8(ascii: " "))
            read(path)
        }

        init(_ path: Span<UInt8>) { read(path) }

        private mutating func read(_ path: Span<UInt8>) {
            let slash = UInt8(ascii: "/")
            guard path.count > 0, path[0] == slash else {
                // `*`, or nothing behind the authority, which is the root.
                if path.count == 0 || path[0] == UInt8(ascii: "?") {
                    first.before = slash
                    return add(slash)
                }
                var at = 0
                first = part(path, &at, before: Part.none)
                return
            }
            var at = 1
            first = part(path, &at, before: slash)
            guard at + 1 < path.count, path[at] == slash, path[at + 1] != slash,
                path[at + 1] != UInt8(ascii: "?")
            else { return }
            at += 1
            second = part(path, &at, before: slash)
        }

        /// Reads a segment up to the next slash or the query.
        ///
        /// It may be the id of one thing of many: a number; 16 or more of hexadecimal digits and
        /// dashes, with a digit, as UUIDs and hashes are; or 20 or more letters and digits with
        /// digits in three places at least. What people call their routes is none of these: a
        /// route that was taken for an id would be hidden behind others.
        @inline(__always)
        private mutating func part(
            _ path: Span<UInt8>, _ at: inout Int, before: UInt8
        ) -> Part {
            if before != Part.none { add(before) }
            let hashBefore = hash
            let start = at
            let longest = start &+ PrefixTable.mostSegment
            var digits = 0
            var runs = 0
            var wasDigit = false
            var isHexadecimal = true
            var isWord = true
            while at < path.count {
                let byte = path[at]
                if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") { break }
                let isDigit = byte &- UInt8(ascii: "0") < 10
                if isDigit {
                    digits &+= 1
                    if !wasDigit { runs &+= 1 }
                } else {
                    let letter = (byte | 0x20) &- UInt8(ascii: "a")
                    if letter >= 6, byte != UInt8(ascii: "-") { isHexadecimal = false }
                    if letter >= 26 { isWord = false }
                }
                wasDigit = isDigit
                if at < longest { add(byte) }
                at &+= 1
            }
            let length = at &- start
            let isID =
                digits > 0
                && (digits == length || isHexadecimal && length >= 16
                    || isWord && length >= 20 && runs >= 3)
            if before != Part.none, isID {
                hash = hashBefore
                add(PrefixTable.idMark)
                return Part(before: before, start: start, end: start, behind: PrefixTable.idMark)
            }
            guard length > PrefixTable.mostSegment else {
                return Part(before: before, start: start, end: at)
            }
            add(PrefixTable.cutMark)
            return Part(before: before, start: start, end: longest, behind: PrefixTable.cutMark)
        }

        @inline(__always)
        private mutating func add(_ byte: UInt8) {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
    }

    private func isKey(
        _ key: Key, ofSlot slot: Int, _ method: Span<UInt8>, _ path: Span<UInt8>
    ) -> Bool {
        guard Int(keyCounts[slot]) == key.count else { return false }
        var place = slot * Self.keyBytes
        return isPart(key.method, of: method, at: &place)
            && isPart(key.first, of: path, at: &place)
            && isPart(key.second, of: path, at: &place)
    }

    @inline(__always)
    private func isPart(_ part: Part, of bytes: Span<UInt8>, at place: inout Int) -> Bool {
        if part.before != Part.none {
            guard keys[place] == part.before else { return false }
            place &+= 1
        }
        for at in part.start..<part.end {
            guard keys[place] == bytes[at] else { return false }
            place &+= 1
        }
        guard part.behind != Part.none else { return true }
        defer { place &+= 1 }
        return keys[place] == part.behind
    }

    private mutating func write(
        _ key: Key, toSlot slot: Int, _ method: Span<UInt8>, _ path: Span<UInt8>
    ) {
        keyCounts[slot] = UInt8(truncatingIfNeeded: key.count)
        var place = slot * Self.keyBytes
        for (part, isMethod) in [(key.method, true), (key.first, false), (key.second, false)] {
            if part.before != Part.none {
                keys[place] = part.before
                place += 1
            }
            for at in part.start..<part.end {
                keys[place] = isMethod ? method[at] : path[at]
                place += 1
            }
            if part.behind != Part.none {
                keys[place] = part.behind
                place += 1
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
