/// What turns a client's key into its position on a split. The same secret gives the same
/// positions in every process.
///
/// The text that it was made from is not kept, and no description shows anything of it.
package struct StickySecret: Sendable, Equatable {
    private let low: UInt64
    private let high: UInt64

    /// Makes the key of the hash from a text of any length: two hashes of it, under two keys that
    /// everybody knows.
    package init(_ text: String) {
        let bytes = Array(text.utf8)
        low = SipHash.hash(low: 0, high: 0, bytes.span, from: 0, to: bytes.count)
        high = SipHash.hash(low: 1, high: 0, bytes.span, from: 0, to: bytes.count)
    }

    /// The position of a key that stands in the bytes `[start, end)`.
    package func position(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> UInt64 {
        SipHash.hash(low: low, high: high, bytes, from: start, to: end)
    }

    /// The position of an address of 16 bytes, the first one highest.
    package func position(ofAddress bits: UInt128) -> UInt64 {
        var hash = SipHash(low: low, high: high)
        hash.add(UInt64(truncatingIfNeeded: bits &>> 64).byteSwapped)
        hash.add(UInt64(truncatingIfNeeded: bits).byteSwapped)
        return hash.finished(with: 0, count: 16)
    }

    /// What a member's name adds to positions where there are more than two members.
    package func seed(of member: String) -> UInt64 {
        let bytes = Array(member.utf8)
        return position(bytes.span, from: 0, to: bytes.count)
    }
}

extension StickySecret: CustomStringConvertible, CustomReflectable {
    /// Nothing of the secret.
    package var description: String { "(secret)" }

    /// Nothing of the secret.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
