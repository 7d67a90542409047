/// A version of Kong Gateway, and what it changes on the wire.
package struct KongVersion: Sendable, Hashable, Comparable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// As Kong writes it: `3.4.1`.
    package let description: String
    private let numbers: [Int]

    package init(_ text: String) {
        description = text
        numbers = text.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
    }

    package init(stringLiteral text: String) { self.init(text) }

    /// By their numbers, the first one first.
    package static func < (one: KongVersion, other: KongVersion) -> Bool {
        one.numbers.lexicographicallyPrecedes(other.numbers)
    }

    /// Since 3.1: the level of the log is read and set at the node's Admin port. An assumption.
    var hasLogLevel: Bool { isAtLeast(3, 1) }
    /// Since 3.3: `/status/ready`.
    var hasReadiness: Bool { isAtLeast(3, 3) }
    /// Since 3.5: each request has an id, in a field and in the bodies of errors.
    var hasRequestID: Bool { isAtLeast(3, 5) }
    /// Since 3.8: `Via` begins with the version of HTTP.
    var hasProtocolInVia: Bool { isAtLeast(3, 8) }

    /// Since 3.8: what tells of a failed service bears Kong's own `Server`.
    var namesItselfForService: Bool { isAtLeast(3, 8) }

    /// How many requests one connection serves. Kong 3.4 has 1,000, later ones 10,000; that it
    /// changed with 3.6, and that 2.8 has the 100 of nginx before 1.19.10, are assumptions.
    var requestsPerConnection: Int { isAtLeast(3, 6) ? 10_000 : isAtLeast(3, 0) ? 1_000 : 100 }

    /// The value of `Via` in what came from a service over HTTP/1.1.
    var via: String { hasProtocolInVia ? "1.1 kong/\(self)" : "kong/\(self)" }

    private func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        !numbers.lexicographicallyPrecedes([major, minor])
    }
}
