/// Walks through the values of one field, line by line: of those lines that upstreams get to see
/// under this name. What is removed on the way (a lookalike of a managed name, what Connection
/// names, what a client that is not trusted says of others) is nobody's word.
struct FieldValues {
    private var index = 0
    private let isTrusted: Bool

    init(isTrusted: Bool) { self.isTrusted = isTrusted }

    /// The next value, nil behind the last one; `name` is in lower case. A name that merely looks
    /// alike, with `_` for `-`, is another name.
    mutating func next(
        _ fields: borrowing FieldLines, _ bytes: Span<UInt8>, named name: Span<UInt8>,
        _ range: ByteRange
    ) -> ByteRange? {
        while index < fields.count {
            let line = fields[index]
            index &+= 1
            guard line.name.count == range.count, !line.isRemoved else { continue }
            guard ByteText.areEqual(bytes, line.name, folded: name, range) else { continue }
            let isOfOthers = NameSet.forwarding.contains(NameSet(line.known))
            if isOfOthers, !isTrusted { continue }
            return line.value
        }
        return nil
    }

    /// The next value of a Cookie field.
    mutating func nextCookie(_ fields: borrowing FieldLines) -> ByteRange? {
        while index < fields.count {
            let line = fields[index]
            index &+= 1
            if line.known == .cookie, !line.isRemoved { return line.value }
        }
        return nil
    }
}

/// Comparisons of ranges of bytes.
enum ByteText {
    /// Whether two ranges hold the same bytes.
    static func areEqual(
        _ bytes: Span<UInt8>, _ range: ByteRange, _ text: Span<UInt8>, _ wanted: ByteRange
    ) -> Bool {
        guard range.count == wanted.count else { return false }
        for offset in 0..<range.count
        where bytes[range.start &+ offset] != text[wanted.start &+ offset] {
            return false
        }
        return true
    }

    /// The same for texts that mean the same in either case; the second is in lower case.
    static func areEqual(
        _ bytes: Span<UInt8>, _ range: ByteRange, folded text: Span<UInt8>, _ wanted: ByteRange
    ) -> Bool {
        guard range.count == wanted.count else { return false }
        for offset in 0..<range.count
        where lowered(bytes[range.start &+ offset]) != text[wanted.start &+ offset] {
            return false
        }
        return true
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}
