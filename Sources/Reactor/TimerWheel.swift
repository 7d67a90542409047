package import Kernel

/// One deadline for each of a worker's connections, by the connection's index in its slab.
///
/// Moving a deadline back, which every request does, is one store: the entry stays where it is in
/// the wheel and is put further along when its slot comes up. Only a deadline that moves forward
/// moves its entry. Deadlines are kept to within one tick and never fire early.
package struct TimerWheel: ~Copyable {
    private struct Entry {
        var next: Int32 = none
        var previous: Int32 = none
        /// The slot that the entry is linked into, or `none`.
        var slot: Int32 = none
        /// The tick at which the deadline is over.
        var deadline: Int64 = 0
        /// The tick at which the entry's slot comes up.
        var due: Int64 = 0
    }

    private static let none: Int32 = -1
    /// 2^26 ns, about 67 ms.
    private static let tickShift: Int64 = 26
    /// About 68 s ahead; later deadlines go round again.
    private static let slotCount = 1024

    private var entries: [Entry] = []
    private var slots: [Int32]
    private var linkedCount = 0
    /// All ticks up to this one have been looked at.
    private var current: Int64
    /// No entry comes up before this tick: spares the search before each wait.
    private var earliest = Int64.max

    package init(now: Instant) {
        slots = Array(repeating: Self.none, count: Self.slotCount)
        current = now.nanoseconds >> Self.tickShift
    }

    /// Sets, moves or keeps the deadline of `index`.
    package mutating func set(_ index: Int, to deadline: Instant) {
        if index >= entries.count { grow(to: index + 1) }
        let tick = max(deadline.nanoseconds >> Self.tickShift + 1, current + 1)
        entries[index].deadline = tick
        if entries[index].slot == Self.none {
            link(index)
        } else if tick < entries[index].due {
            unlink(index)
            link(index)
        }
    }

    /// The deadline of `index` to within a tick, such that `set` keeps it; nil when it has none.
    package func deadline(of index: Int) -> Instant? {
        guard index < entries.count, entries[index].slot != Self.none else { return nil }
        return Instant(nanoseconds: (entries[index].deadline - 1) << Self.tickShift)
    }

    /// Removes the deadline of `index`, if it has one.
    package mutating func cancel(_ index: Int) {
        guard index < entries.count, entries[index].slot != Self.none else { return }
        unlink(index)
    }

    /// Takes out one connection whose deadline is over; nil when there is none up to `now`.
    package mutating func nextExpired(now: Instant) -> Int? {
        let target = now.nanoseconds >> Self.tickShift
        if linkedCount == 0 {
            current = max(current, target)
            earliest = .max
        }
        while current < target {
            let slot = Int((current + 1) & Int64(Self.slotCount - 1))
            while slots[slot] != Self.none {
                let index = Int(slots[slot])
                unlink(index)
                if entries[index].deadline <= current + 1 { return index }
                link(index, after: current + 1)
            }
            current += 1
        }
        return nil
    }

    /// The next tick that has an entry; nil when there is none.
    package mutating func nextWake() -> Instant? {
        guard linkedCount > 0 else { return nil }
        if earliest <= current { earliest = searchEarliest() }
        return Instant(nanoseconds: earliest << Self.tickShift)
    }

    private func searchEarliest() -> Int64 {
        var tick = current + 1
        while slots[Int(tick & Int64(Self.slotCount - 1))] == Self.none { tick += 1 }
        return tick
    }

    private mutating func grow(to count: Int) {
        let wanted = max(count, entries.count * 2, 64)
        entries.append(contentsOf: repeatElement(Entry(), count: wanted - entries.count))
    }

    private mutating func link(_ index: Int, after tick: Int64? = nil) {
        let first = tick ?? current
        let due = min(entries[index].deadline, first + Int64(Self.slotCount) - 1)
        let slot = Int(due & Int64(Self.slotCount - 1))
        entries[index].due = due
        entries[index].slot = Int32(slot)
        entries[index].previous = Self.none
        entries[index].next = slots[slot]
        if slots[slot] != Self.none { entries[Int(slots[slot])].previous = Int32(index) }
        slots[slot] = Int32(index)
        linkedCount += 1
        earliest = min(earliest, due)
    }

    private mutating func unlink(_ index: Int) {
        let entry = entries[index]
        if entry.previous == Self.none {
            slots[Int(entry.slot)] = entry.next
        } else {
            entries[Int(entry.previous)].next = entry.next
        }
        if entry.next != Self.none { entries[Int(entry.next)].previous = entry.previous }
        entries[index].slot = Self.none
        linkedCount -= 1
    }
}
