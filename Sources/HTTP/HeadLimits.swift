/// Upper bounds for one head. Offsets into a head are kept in 16 bits; none that is kept comes
/// near its end.
package struct HeadLimits: Sendable, Equatable {
    /// The whole head in bytes, empty lines before it and the one at its end included.
    package let headBytes: Int
    /// The number of field lines.
    package let fields: Int
    /// The request target in bytes.
    package let targetBytes: Int

    /// What a head may have at most, whatever is configured.
    package static var mostHeadBytes: Int { 65_536 }
    package static var mostFields: Int { 200 }

    /// Twice what Kong takes, so that the upstream's own limits answer first.
    package init(
        headBytes: Int = mostHeadBytes, fields: Int = mostFields, targetBytes: Int = 16_384
    ) {
        precondition(headBytes > 0 && headBytes <= Self.mostHeadBytes)
        precondition(fields > 0 && fields <= Self.mostFields && targetBytes > 0)
        self.headBytes = headBytes
        self.fields = fields
        self.targetBytes = targetBytes
    }
}

/// Empty lines that are skipped before a request line (RFC 9112, 2.2).
let mostEmptyLines = 8
/// Longest method in bytes; the longest registered one has 17.
let mostMethodBytes = 32
/// Names in Connection, beside the well-known ones, for which fields are searched.
let mostConnectionOptions = 32
