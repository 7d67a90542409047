/// Recognizes field names, in upper or lower case, and with `_` in place of `-`.
struct NameTable: Sendable {
    /// The lower-case letters of each name, by its raw value; the rest is 0.
    private var spellings = InlineArray<25, InlineArray<17, UInt8>>(
        repeating: InlineArray(repeating: 0))

    /// For rare use; whoever looks up many names keeps a copy and spares the lazy access.
    static let shared = NameTable()

    private init() {
        for name in FieldName.allCases {
            for (index, byte) in name.text.utf8.enumerated() {
                spellings[Int(name.rawValue)][index] = byte
            }
        }
    }

    /// The name in `[start, end)`, which holds token characters only, and whether it is spelled
    /// with an underscore. Such a lookalike is reported only for the names that Sluice manages.
    @inline(__always)
    func lookUp(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) -> (name: FieldName, isLookalike: Bool) {
        let length = end &- start
        guard length >= 2, length <= 17 else { return (.other, false) }
        let name = FieldName.candidate(
            length: length, first: bytes[start] | 0x20,
            fourthLast: bytes[max(start, end &- 4)] | 0x20)
        return name == .other ? (.other, false) : compare(bytes, start, length, with: name)
    }

    private func compare(
        _ bytes: Span<UInt8>, _ start: Int, _ length: Int, with name: FieldName
    ) -> (name: FieldName, isLookalike: Bool) {
        let spelling = spellings[Int(name.rawValue)]
        var isLookalike = false
        for index in 0..<length {
            let byte = bytes[start &+ index]
            if byte | 0x20 == spelling[index] { continue }
            guard byte == UInt8(ascii: "_"), spelling[index] == UInt8(ascii: "-") else {
                return (.other, false)
            }
            isLookalike = true
        }
        if isLookalike, !NameSet.managed.contains(NameSet(name)) { return (.other, false) }
        return (name, isLookalike)
    }
}

extension NameTable {
    /// Whether two names are the same to a server that takes `_` for `-`.
    static func areAlike(_ bytes: Span<UInt8>, _ one: ByteRange, _ other: ByteRange) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count {
            guard fold(bytes[one.start &+ index]) == fold(bytes[other.start &+ index]) else {
                return false
            }
        }
        return true
    }

    private static func fold(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "_"): UInt8(ascii: "-")
        default: byte
        }
    }
}
