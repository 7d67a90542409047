/// The field lines of one head: offsets, and what they say about framing and connection.
/// Made once, used for head after head.
struct FieldLines: ~Copyable {
    private var lines = InlineArray<200, FieldLine>(repeating: .none)
    private(set) var count = 0
    /// From the first name to the empty line.
    private(set) var range = ByteRange.empty
    private(set) var facts = FieldFacts()
    /// The names that occur, lookalikes apart.
    private(set) var present: NameSet = []
    /// Whether some line is never passed on, whatever its name.
    private(set) var hasRemoved = false
    private let names = NameTable.shared

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

    /// Reads the lines from `start` to the empty line, which must lie before `end`.
    mutating func parse(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, most: Int
    ) -> Progress {
        count = 0
        facts = FieldFacts()
        present = []
        hasRemoved = false
        var at = start
        while true {
            guard at < end else { return .incomplete }
            if bytes[at] == ByteClass.carriageReturn { break }
            guard count < most else { return .refused(.tooManyFields) }
            switch FieldLineBounds.parse(bytes, from: at, to: end) {
            case .incomplete: return .incomplete
            case .refused(let fault): return .refused(fault)
            case .line(let line):
                if let fault = keep(line, bytes) { return .refused(fault) }
                at = line.next
            }
        }
        guard at &+ 1 < end else { return .incomplete }
        guard bytes[at &+ 1] == ByteClass.lineFeed else { return .refused(.bareCarriageReturn) }
        range = ByteRange(start, at)
        if facts.connectionOptions > 0, let fault = removeNamedByConnection(bytes) {
            return .refused(fault)
        }
        return .complete(at &+ 2)
    }

    @inline(__always)
    private mutating func keep(_ line: FieldLineBounds, _ bytes: Span<UInt8>) -> FieldFault? {
        let (name, isLookalike) = names.lookUp(bytes, line.name.start, line.name.end)
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
        for index in 0..<count where lines[index].known == .connection {
            var elements = ListElements(of: lines[index].value)
            while let option = elements.next(bytes) {
                if !option.isEmpty { remove(named: option, bytes) }
            }
        }
        return nil
    }

    private mutating func remove(named option: ByteRange, _ bytes: Span<UInt8>) {
        for index in 0..<count where !NameSet.endToEnd.contains(NameSet(lines[index].known)) {
            guard NameTable.areAlike(bytes, lines[index].name, option) else { continue }
            lines[index].isRemoved = true
            hasRemoved = true
        }
    }
}
