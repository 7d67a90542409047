internal import Bytes

/// The tables by which heads are read: the class of each byte, and the names that mean something.
///
/// Each head has one of its own, since a global one would be checked for its initialization at
/// each use. The tables lie behind pointers: arrays inside of a value are copied when they are
/// read. They never change once they are made, so threads may share them.
struct Grammar: ~Copyable, @unchecked Sendable {
    private let classes: Table<UInt8>
    /// The lower-case letters of each name, eight to a word, the first one lowest, at the name's
    /// raw value times `wordsPerName`.
    private let letters: Table<UInt64>

    /// For rare use.
    static let shared = Grammar()

    private static var token: UInt8 { 1 }
    private static var target: UInt8 { 2 }
    private static var hostName: UInt8 { 4 }
    /// The length of the longest name.
    private static var mostNameBytes: Int { 17 }
    private static var wordsPerName: Int { 3 }

    init() {
        classes = Table(count: 256) { index in
            let byte = UInt8(truncatingIfNeeded: index)
            var flags: UInt8 = 0
            if ByteClass.isToken(byte) { flags |= Self.token }
            if ByteClass.isTarget(byte) { flags |= Self.target }
            if ByteClass.isHostName(byte) { flags |= Self.hostName }
            return flags
        }
        letters = Table(count: FieldName.allCases.count * Self.wordsPerName) { _ in 0 }
        for name in FieldName.allCases {
            for (index, byte) in name.text.utf8.enumerated() {
                letters[Int(name.rawValue) * Self.wordsPerName + index / 8] |=
                    UInt64(byte) << UInt64(8 * (index % 8))
            }
        }
    }

    /// The end of the token characters from `start` on.
    @inline(__always)
    func endOfToken(_ bytes: Span<UInt8>, from start: Int) -> Int {
        end(of: Self.token, bytes, from: ByteScan.endOfLetters(bytes, from: start))
    }

    /// The end of the characters of a request target from `start` on.
    @inline(__always)
    func endOfTarget(_ bytes: Span<UInt8>, from start: Int) -> Int {
        end(of: Self.target, bytes, from: start)
    }

    /// The end of the characters of a registered name from `start` on.
    @inline(__always)
    func endOfHostName(_ bytes: Span<UInt8>, from start: Int) -> Int {
        end(of: Self.hostName, bytes, from: start)
    }

    @inline(__always)
    private func end(of flag: UInt8, _ bytes: Span<UInt8>, from start: Int) -> Int {
        var at = start
        while at < bytes.count, classes[Int(bytes[at])] & flag != 0 { at &+= 1 }
        return at
    }
}

extension Grammar {
    /// The name in `[start, end)`, which holds token characters only, and whether it is spelled
    /// with an underscore. Such a lookalike is reported only for the names that Sluice manages.
    @inline(__always)
    func lookUp(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) -> (name: FieldName, isLookalike: Bool) {
        let length = end &- start
        guard length >= 2, length <= Self.mostNameBytes else { return (.other, false) }
        let name = FieldName.candidate(
            length: length, first: bytes[start] | 0x20,
            fourthLast: bytes[max(start, end &- 4)] | 0x20)
        guard name != .other, isFirst(bytes[start], of: name) else { return (.other, false) }
        return compare(bytes, start, length, with: name)
    }

    /// Spares most of the names that merely have a length in common the comparison.
    @inline(__always)
    private func isFirst(_ byte: UInt8, of name: FieldName) -> Bool {
        letter(0, of: name) == byte | 0x20
    }

    /// A letter of a name, in lower case.
    @inline(__always)
    private func letter(_ index: Int, of name: FieldName) -> UInt8 {
        let word = letters[Int(name.rawValue) &* Self.wordsPerName &+ index &>> 3]
        return UInt8(truncatingIfNeeded: word &>> UInt64(8 &* (index & 7)))
    }

    @inline(__always)
    private func compare(
        _ bytes: Span<UInt8>, _ start: Int, _ length: Int, with name: FieldName
    ) -> (name: FieldName, isLookalike: Bool) {
        isSpelledOut(bytes, start, length, name)
            ? (name, false) : compareSlowly(bytes, start, length, with: name)
    }

    /// Whether the bytes are the name's own, hyphens and all. A no proves nothing close to the
    /// end of the bytes.
    @inline(__always)
    private func isSpelledOut(
        _ bytes: Span<UInt8>, _ start: Int, _ length: Int, _ name: FieldName
    ) -> Bool {
        let first = Int(name.rawValue) &* Self.wordsPerName
        let last = (length &- 1) &>> 3
        guard start &+ 8 &* last &+ 8 <= bytes.count else { return false }
        let lowerCase: UInt64 = 0x2020_2020_2020_2020
        var difference: UInt64 = 0
        for index in 0..<last {
            let word = ByteScan.word(bytes, at: start &+ 8 &* index) | lowerCase
            difference |= word ^ letters[first &+ index]
        }
        let word = ByteScan.word(bytes, at: start &+ 8 &* last) | lowerCase
        let beyond = UInt64(8 &* (8 &* last &+ 8 &- length))
        return difference | (word ^ letters[first &+ last]) &<< beyond == 0
    }

    private func compareSlowly(
        _ bytes: Span<UInt8>, _ start: Int, _ length: Int, with name: FieldName
    ) -> (name: FieldName, isLookalike: Bool) {
        var isLookalike = false
        for index in 0..<length {
            let byte = bytes[start &+ index]
            let letter = letter(index, of: name)
            if byte | 0x20 == letter { continue }
            guard byte == UInt8(ascii: "_"), letter == UInt8(ascii: "-") else {
                return (.other, false)
            }
            isLookalike = true
        }
        if isLookalike, !NameSet.managed.contains(NameSet(name)) { return (.other, false) }
        return (name, isLookalike)
    }
}
