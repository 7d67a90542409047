/// The keys that have counted already, by class: a client that is kept at its side meets the same
/// fault over and over, and ten thousand errors of one client are one piece of evidence.
package struct StickyKeys: Sendable, Equatable {
    /// In one class; each takes about 16 bytes.
    package static let most = 1_000_000

    private let limit: Int
    private var seen: [Set<UInt64>]
    private var full: [Bool]

    /// No key yet.
    package init(limit: Int = most) {
        self.limit = limit
        seen = JudgedClass.allCases.map { _ in [] }
        full = JudgedClass.allCases.map { _ in false }
    }

    /// Whether a key counts now: the first time in its class, while there is room.
    package mutating func insert(_ key: UInt64, _ kind: JudgedClass) -> Bool {
        guard !full[kind.rawValue] else { return false }
        guard seen[kind.rawValue].insert(key).inserted else { return false }
        if seen[kind.rawValue].count >= limit { full[kind.rawValue] = true }
        return true
    }

    /// Whether a key would count now.
    package func isNew(_ key: UInt64, _ kind: JudgedClass) -> Bool {
        !full[kind.rawValue] && !seen[kind.rawValue].contains(key)
    }

    /// Whether sticky clients give no more evidence of a class, since there were too many.
    package func isFull(_ kind: JudgedClass) -> Bool { full[kind.rawValue] }

    /// The keys that have counted, by their size.
    func all(_ kind: JudgedClass) -> [UInt64] { seen[kind.rawValue].sorted() }

    /// How many keys have counted.
    package func count(_ kind: JudgedClass) -> Int { seen[kind.rawValue].count }
}
