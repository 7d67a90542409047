/// When the names of each upstream's targets are looked up next: once in their interval, and soon
/// after a connect to one of them failed. Times are milliseconds of one clock.
package struct NameSchedule: Sendable {
    /// However often connects fail, names are looked up no more than once in so long.
    package static let shortest: Int64 = 1_000

    private struct Entry {
        var interval: Int64
        var due: Int64
        var began: Int64
    }

    private var entries: [String: Entry] = [:]
    private var running: Set<String> = []

    /// A schedule without names.
    package init() {}

    /// Takes on the upstreams that have names, and the interval of each.
    package mutating func run(_ intervals: [String: Int64], now: Int64) {
        let known = entries
        entries = [:]
        for (name, asked) in intervals {
            let interval = max(Self.shortest, asked)
            let before = known[name]
            let began = before?.began ?? now
            let next = began + interval
            entries[name] = Entry(
                interval: interval, due: min(before?.due ?? next, next), began: began)
        }
    }

    /// The upstreams whose names are looked up now.
    package mutating func begin(now: Int64) -> [String] {
        let ready = entries.filter { $0.value.due <= now && !running.contains($0.key) }
            .keys.sorted()
        for name in ready {
            running.insert(name)
            guard let interval = entries[name]?.interval else { continue }
            entries[name] = Entry(interval: interval, due: now + interval, began: now)
        }
        return ready
    }

    /// They have been looked up.
    package mutating func end(_ name: String) { running.remove(name) }

    /// A connect failed: the name may stand for another address by now.
    package mutating func hurry(_ name: String, now: Int64) {
        guard let entry = entries[name] else { return }
        entries[name]?.due = min(entry.due, max(now, entry.began + Self.shortest))
    }

    /// When the next names are due; nil when none are before others have been looked up.
    package var next: Int64? {
        entries.filter { !running.contains($0.key) }.values.map(\.due).min()
    }
}
