/// Which slot a path's prefix has: by the order in which prefixes first appeared, whether anything
/// went wrong there or not. A slot is never given to another prefix.
package struct PrefixSlots: Sendable, Equatable {
    /// Enough for the routes that people name; all paths beyond share none.
    package static let most = 64

    /// The prefixes, each at its slot.
    package private(set) var names: [String] = []
    private var slots: [String: Int] = [:]

    /// Without a prefix.
    package init() {}

    /// The slot of a prefix, a new one at the first call; nil when there is none left.
    package mutating func slot(of name: String) -> Int? {
        if let slot = slots[name] { return slot }
        guard names.count < Self.most else { return nil }
        slots[name] = names.count
        names.append(name)
        return names.count - 1
    }
}
