internal import Bytes

/// The field lines of one head: offsets, and what they say about framing and connection.
/// Made once, used for head after head.
struct FieldLines: ~Copyable {
    private let lines = Table<FieldLine>(count: HeadLimits.mostFields) { _ in .none }
    private(set) var count = 0
    /// From the first name to the empty line.
    private(set) var range = ByteRange.empty
    private(set) var facts = FieldFacts()
    /// The names that occur, lookalikes apart.
    private(set) var present: NameSet = []
    /// Whether some line is never passed on, whatever its name.
    private(set) var hasRemoved = false

    enum Progress {
        case incomplete
        /// The offset behind the empty line.
        case complete(Int)
        case refused(FieldFault)
    }

    subscript(index: Int) -> FieldLine { lines[index] }

    /// The offset behind a line and its end.
    func end(of index: Int) -> Int {
        index &+ 1 < count ? lines[index &+ 1].name.start : range.end
    }

    /// Reads the lines from `start` to the empty line.
    mutating func parse(
        _ bytes: Span<UInt8>, from start: Int, most: Int, _ grammar: borrowing Grammar
    ) -> Progress {
        count = 0
        facts = FieldFacts()
        present = []
        hasRemoved = false
        var at = start
        while true {
            guard at < bytes.count else { return .incomplete }
            if bytes[at] == ByteClass.carriageReturn { break }
            guard count < most else { return .refused(.tooManyFields) }
            switch FieldLineBounds.parse(bytes, from: at, grammar) {
            case .incomplete: return .incomplete
            case .refused(let fault): return .refused(fault)
            case .line(let line):
                if let fault = keep(line, bytes, grammar) { return .refused(fault) }
                at = line.next
            }
        }
        guard at &+ 1 < bytes.count else { return .incomplete }
        guard bytes[at &+ 1] == ByteClass.lineFeed else { return .refused(.bareCarriageReturn) }
        range = ByteRange(start, at)
        if facts.connectionOptions > 0, let fault = removeNamedByConnection(bytes) {
            return .refused(fault)
        }
        return .complete(at &+ 2)
    }

    @inline(__always)
    private mutating func keep(
        _ line: FieldLineBounds, _ bytes: Span<UInt8>, _ grammar: borrowing Grammar
    ) -> FieldFault? {
        let (name, isLookalike) = grammar.lookUp(bytes, line.name.start, line.name.end)
        lines[count] = FieldLine(line, known: name, isRemoved: isLookalike)
        count &+= 1
        if name == .other { return nil }
        if isLookalike {
            hasRemoved = true
            return nil
        }
        present.insert(NameSet(name))
        return facts.note(name, line.value, bytes)
    }
}

extension FieldLines {
    /// Marks the fields that Connection names (RFC 9110, 7.6.1), in either spelling.
    private mutating func removeNamedByConnection(_ bytes: Span<UInt8>) -> FieldFault? {
        guard facts.connectionOptions <= mostConnectionOptions else {
            return .tooManyConnectionOptions
        }
        for index in 0..<count where self[index].known == .connection {
            var elements = ListElements(of: self[index].value)
            while let option = elements.next(bytes) {
                if !option.isEmpty { remove(named: option, bytes) }
            }
        }
        return nil
    }

    private mutating func remove(named option: ByteRange, _ bytes: Span<UInt8>) {
        for index in 0..<count {
            let line = self[index]
            if NameSet.endToEnd.contains(NameSet(line.known)) { continue }
            guard Self.areAlike(bytes, line.name, option) else { continue }
            lines[index].isRemoved = true
            hasRemoved = true
        }
    }

    /// Whether two names are the same to a server that takes `_` for `-`.
    private static func areAlike(
        _ bytes: Span<UInt8>, _ one: ByteRange, _ other: ByteRange
    ) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count {
            let left = ByteClass.foldedInName(bytes[one.start &+ index])
            let right = ByteClass.foldedInName(bytes[other.start &+ index])
            guard left == right else { return false }
        }
        return true
    }
}

extension FieldLines {
    /// Marks the fields whose names begin with X-Client-Cert-, in either spelling.
    mutating func removeCertificate(_ bytes: Span<UInt8>) {
        for index in 0..<count {
            let name = self[index].name
            guard name.count > 14, bytes[name.start] | 0x20 == UInt8(ascii: "x") else { continue }
            var word: UInt128 = 0
            for at in name.start &+ 1..<name.start &+ 14 {
                word = word &<< 8 | UInt128(ByteClass.foldedInName(bytes[at]))
            }
            guard word == Self.ofCertificates else { continue }
            lines[index].isRemoved = true
            hasRemoved = true
        }
    }

    /// `-client-cert-`, packed into 13 bytes.
    private static var ofCertificates: UInt128 { 0x2d_636c_6965_6e74_2d63_6572_742d }
}

extension FieldLines {
    /// Marks the fields named X-Sluice-Upstream, in either spelling.
    mutating func removeUpstreamName(_ bytes: Span<UInt8>) {
        for index in 0..<count {
            let name = self[index].name
            guard name.count == 17, bytes[name.start] | 0x20 == UInt8(ascii: "x") else { continue }
            var word: UInt128 = 0
            for at in name.start &+ 1..<name.end {
                word = word &<< 8 | UInt128(ByteClass.foldedInName(bytes[at]))
            }
            guard word == Self.behindTheX else { continue }
            lines[index].isRemoved = true
            hasRemoved = true
        }
    }

    /// `-sluice-upstream`, packed into 16 bytes.
    private static var behindTheX: UInt128 { 0x2d73_6c75_6963_652d_7570_7374_7265_616d }
}

extension FieldLines {
    /// Marks the fields that tell of a trace.
    mutating func removeTrace(_ bytes: Span<UInt8>, keepsState: Bool) {
        for index in 0..<count {
            let name = self[index].name
            guard
                Self.isTraceParent(bytes, name) || !keepsState && Self.isTraceState(bytes, name)
            else { continue }
            lines[index].isRemoved = true
            hasRemoved = true
        }
    }

    static func isTraceParent(_ bytes: Span<UInt8>, _ name: ByteRange) -> Bool {
        name.count == 11 && word(bytes, name) == 0x7472_6163_6570_6172_656e_74
    }

    private static func isTraceState(_ bytes: Span<UInt8>, _ name: ByteRange) -> Bool {
        name.count == 10 && word(bytes, name) == 0x7472_6163_6573_7461_7465
    }

    /// Up to 16 letters in lower case, packed; other bytes of names never become letters.
    private static func word(_ bytes: Span<UInt8>, _ name: ByteRange) -> UInt128 {
        var word: UInt128 = 0
        for at in name.start..<name.end { word = word &<< 8 | UInt128(bytes[at] | 0x20) }
        return word
    }
}
