/// A key of a terminal, as far as `sluice top` knows it.
package enum TopKey: Sendable, Equatable {
    case next, previous, more, less, rollback, pause, enter, escape, quit
}

/// Puts the bytes of a terminal together to keys. An arrow is three bytes, of which the first alone
/// is Escape: `idle` says that nothing more has come.
package struct TopKeys: Sendable {
    private var pending: [UInt8] = []

    /// Of a terminal that has sent nothing yet.
    package init() {}

    /// A byte has come; the key that it ends, if any.
    package mutating func take(_ byte: UInt8) -> TopKey? {
        if pending.isEmpty {
            guard byte == 0x1b else { return Self.plain(byte) }
            pending = [byte]
            return nil
        }
        pending.append(byte)
        if pending.count == 2 {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") { return nil }
            pending = byte == 0x1b ? [byte] : []
            // Whoever is quick means Escape, whatever comes behind it: Enter must not confirm.
            return Self.plain(byte) == .quit ? .quit : .escape
        }
        // Parameters come before the letter that ends a sequence (ECMA-48 section 5.4).
        guard (0x40...0x7e).contains(byte) || pending.count > 16 else { return nil }
        pending = []
        switch byte {
        case UInt8(ascii: "A"), UInt8(ascii: "D"): return .previous
        case UInt8(ascii: "B"), UInt8(ascii: "C"): return .next
        default: return nil
        }
    }

    /// Nothing has come for a while.
    package mutating func idle() -> TopKey? {
        defer { pending = [] }
        return pending == [0x1b] ? .escape : nil
    }

    private static func plain(_ byte: UInt8) -> TopKey? {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "="): .more
        case UInt8(ascii: "-"), UInt8(ascii: "_"): .less
        case UInt8(ascii: "r"), UInt8(ascii: "R"): .rollback
        case UInt8(ascii: "p"), UInt8(ascii: "P"): .pause
        case UInt8(ascii: "j"), 0x09: .next
        case UInt8(ascii: "k"): .previous
        case UInt8(ascii: "\r"), UInt8(ascii: "\n"): .enter
        // Also what ends programs elsewhere: Control-C, Control-D.
        case UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03, 0x04: .quit
        default: nil
        }
    }
}
