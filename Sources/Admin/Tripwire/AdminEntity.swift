/// The id of an entity, a UUID (RFC 9562).
package struct EntityID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The first and the last eight bytes.
    package let high: UInt64
    package let low: UInt64

    /// An id of its two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads a UUID as it is written, with its four dashes; nil for any other text.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.digit(byte) else { return nil }
            halves.0 = halves.0 << 4 | halves.1 >> 60
            halves.1 = halves.1 << 4 | digit
        }
        self.init(high: halves.0, low: halves.1)
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x41...0x46: UInt64(byte - 0x41 + 10)
        case 0x61...0x66: UInt64(byte - 0x61 + 10)
        default: nil
        }
    }

    /// Orders ids by their bytes.
    package static func < (left: EntityID, right: EntityID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// As it is written: `10b8f6a2-…`.
    package var description: String {
        let digits = Hexadecimal.text(high) + Hexadecimal.text(low)
        let ends = [8, 12, 16, 20, 32]
        var from = digits.startIndex
        return ends.enumerated().map { index, end in
            let to = digits.index(digits.startIndex, offsetBy: end)
            defer { from = to }
            return String(digits[from..<to])
        }.joined(separator: "-")
    }
}

/// One entity as the tripwire remembers it: 24 bytes, none of its content.
package struct AdminEntity: Sendable, Equatable {
    /// Which it is.
    package let id: EntityID
    /// When it was last changed, as the bits of a number above 0; or, where Kong tells no time, a
    /// fingerprint of what it is, with the highest bit set.
    package let stamp: UInt64

    private static let contentBit: UInt64 = 1 << 63

    /// What was kept of an entity.
    package init(id: EntityID, stamp: UInt64) {
        self.id = id
        self.stamp = stamp
    }

    /// An entity with its `updated_at`, in seconds since 1970.
    package init(id: EntityID, updatedAt: Double) {
        self.init(id: id, stamp: updatedAt.bitPattern & ~Self.contentBit)
    }

    /// An entity of which Kong does not tell when it was changed: those of Kong 2.8 but for
    /// services and routes.
    package init(id: EntityID, content: JSONValue) {
        self.init(id: id, stamp: EntityDigest.number(of: content) | Self.contentBit)
    }

    /// Whether the stamp is a time, which is the same whoever tells it.
    package var hasTime: Bool { stamp & Self.contentBit == 0 }
}

/// Sixteen digits for 64 bits.
enum Hexadecimal {
    static func text(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func value(_ text: some StringProtocol) -> UInt64? {
        text.utf8.count == 16 && text.utf8.allSatisfy { $0 != UInt8(ascii: "+") }
            ? UInt64(text, radix: 16) : nil
    }
}
