internal import Bytes
internal import Kernel

extension Instant {
    /// Before the machine was started.
    static var distantPast: Instant { Instant(nanoseconds: 0) }
}

extension Exchange {
    /// In which of its worker's lists an exchange stands; it is in one at most.
    enum Standing: UInt8 {
        case nowhere
        /// Among those that wait for a place at a target of their upstream.
        case queued
        /// Among those whose turn has come and that go on in this turn of the loop or the next.
        case admitted
    }

    /// Whether there is something to give back when it leaves its upstream.
    var hasPlaceOrWaits: Bool { placedTarget >= 0 || standing != .nowhere }
}

/// Exchanges one behind the other; the links are in their slots, so that a list of any length
/// costs no memory.
struct ExchangeList {
    /// The indices of the first and the last one, -1 for none.
    private(set) var first: Int32 = -1
    private(set) var last: Int32 = -1

    var isEmpty: Bool { first < 0 }

    mutating func append(_ exchange: Int, in exchanges: borrowing Slab<Exchange>) {
        exchanges[exchange].nextInList = -1
        exchanges[exchange].previousInList = last
        if last >= 0 {
            exchanges[Int(last)].nextInList = Int32(exchange)
        } else {
            first = Int32(exchange)
        }
        last = Int32(exchange)
    }

    /// Puts an exchange that waited before where its time says, ahead of who came with it.
    mutating func insertByTime(_ exchange: Int, in exchanges: borrowing Slab<Exchange>) {
        var next = first
        while next >= 0, exchanges[Int(next)].queuedSince < exchanges[exchange].queuedSince {
            next = exchanges[Int(next)].nextInList
        }
        let previous = next >= 0 ? exchanges[Int(next)].previousInList : last
        exchanges[exchange].nextInList = next
        exchanges[exchange].previousInList = previous
        if previous >= 0 {
            exchanges[Int(previous)].nextInList = Int32(exchange)
        } else {
            first = Int32(exchange)
        }
        if next >= 0 {
            exchanges[Int(next)].previousInList = Int32(exchange)
        } else {
            last = Int32(exchange)
        }
    }

    mutating func remove(_ exchange: Int, in exchanges: borrowing Slab<Exchange>) {
        let next = exchanges[exchange].nextInList
        let previous = exchanges[exchange].previousInList
        if previous >= 0 { exchanges[Int(previous)].nextInList = next } else { first = next }
        if next >= 0 { exchanges[Int(next)].previousInList = previous } else { last = previous }
    }
}
