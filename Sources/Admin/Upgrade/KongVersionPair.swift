/// The versions of the two sides, and whether Kong supports the step from one to the other while
/// both run on one database.
package enum KongVersionPair: Sendable, Equatable {
    /// Of one minor version, the new one not older.
    case supported
    /// Why it is not.
    case unsupported(String)
    /// A version is not known, or is none.
    case unknown

    /// The pair of an old and a new version, such as `3.4.1` and `3.4.2`.
    package init(from old: String?, to new: String?) {
        guard let old, let new, let before = Self.numbers(old), let after = Self.numbers(new) else {
            self = .unknown
            return
        }
        guard before.prefix(2) == after.prefix(2) else {
            self = .unsupported(
                "\(old) and \(new) are of different minor versions; only versions that differ "
                    + "in their last number may share a database")
            return
        }
        guard !after.dropFirst(2).lexicographicallyPrecedes(before.dropFirst(2)) else {
            self = .unsupported("\(new) is older than \(old)")
            return
        }
        self = .supported
    }

    /// `3.4.3.1-enterprise-edition` is 3, 4, 3, 1.
    private static func numbers(_ version: String) -> [Int]? {
        let plain = version.prefix { $0 != "-" }.split(
            separator: ".", omittingEmptySubsequences: false)
        let numbers = plain.compactMap { Int($0) }
        return numbers.count == plain.count && numbers.count >= 2 ? numbers : nil
    }
}
