internal import Addressing
package import Kernel

/// Wrong tokens by the address that they come from: ten at once, then one each six seconds. Whoever
/// is over that is not listened to, not even with a right one, so that guessing gains nothing; the
/// control socket knows no such limit.
package struct TokenFailures: Sendable {
    /// How many may fail at once, and in how many seconds one is forgotten.
    package static let burst = 10.0
    package static let secondsEach = 6.0
    /// How many addresses are remembered.
    package static let mostAddresses = 1_024

    private struct Entry {
        var count: Double
        var at: Instant
    }

    private var entries: [String: Entry] = [:]

    /// Of nothing yet.
    package init() {}

    /// How many addresses are remembered now.
    package var addressCount: Int { entries.count }

    /// How many seconds an address must wait; nil when it is listened to.
    package func secondsToWait(_ address: String, _ now: Instant) -> Int? {
        guard let entry = entries[Self.key(address)] else { return nil }
        let count = Self.count(entry, now)
        guard count > Self.burst - 1 else { return nil }
        return max(1, Int(((count - (Self.burst - 1)) * Self.secondsEach).rounded(.up)))
    }

    /// An address has shown a wrong token. Where the table is full, whoever has failed least is
    /// forgotten.
    package mutating func note(_ address: String, _ now: Instant) {
        let key = Self.key(address)
        let count = entries[key].map { Self.count($0, now) } ?? 0
        if entries[key] == nil, entries.count >= Self.mostAddresses {
            let kept = entries.filter { Self.count($0.value, now) > 0 }
            entries = kept
            if kept.count >= Self.mostAddresses {
                let least = kept.min {
                    Self.count($0.value, now) < Self.count($1.value, now)
                }
                if let least { entries[least.key] = nil }
            }
        }
        entries[key] = Entry(count: min(count + 1, Self.burst), at: now)
    }

    private static func count(_ entry: Entry, _ now: Instant) -> Double {
        let seconds = Double(now.nanoseconds - entry.at.nanoseconds) / 1e9
        return max(0, entry.count - seconds / secondsEach)
    }

    /// Who has one address of IPv6 usually has its whole /64.
    private static func key(_ address: String) -> String {
        guard let parsed = IPAddress(address), !parsed.isIPv4 else { return address }
        return "\(IPAddress(bits: CIDR(around: parsed, prefix: 64).network))/64"
    }
}
