/// Where one field line lies in the bytes, and where the next one begins.
struct FieldLineBounds: Equatable {
    let name: ByteRange
    /// Without the white space around it.
    let value: ByteRange
    let next: Int

    enum Progress {
        case incomplete
        case line(FieldLineBounds)
        case refused(FieldFault)
    }

    /// Reads `name ":" OWS value OWS CRLF` (RFC 9112, 5) from `start`. Strict: no other
    /// line end, no folding, no white space before the colon.
    @inline(__always)
    static func parse(
        _ bytes: Span<UInt8>, from start: Int, _ grammar: borrowing Grammar
    ) -> Progress {
        var at = grammar.endOfToken(bytes, from: start)
        guard at < bytes.count else { return .incomplete }
        guard bytes[at] == ByteClass.colon, at > start else {
            return .refused(faultInName(bytes[at], isFirst: at == start))
        }
        let name = ByteRange(start, at)
        at &+= 1
        while at < bytes.count, ByteClass.isBlank(bytes[at]) { at &+= 1 }
        let valueStart = at
        at = ByteScan.endOfValue(bytes, from: at)
        guard at < bytes.count else { return .incomplete }
        guard bytes[at] == ByteClass.carriageReturn else {
            return .refused(faultInValue(bytes[at]))
        }
        guard at &+ 1 < bytes.count else { return .incomplete }
        guard bytes[at &+ 1] == ByteClass.lineFeed else { return .refused(.bareCarriageReturn) }
        var valueEnd = at
        while valueEnd > valueStart, ByteClass.isBlank(bytes[valueEnd &- 1]) { valueEnd &-= 1 }
        return .line(
            FieldLineBounds(
                name: name, value: ByteRange(valueStart, valueEnd), next: at &+ 2))
    }

    private static func faultInName(_ byte: UInt8, isFirst: Bool) -> FieldFault {
        if byte == ByteClass.lineFeed { return .bareLineFeed }
        if byte == ByteClass.carriageReturn { return .badFieldName }
        if ByteClass.isBlank(byte) { return isFirst ? .foldedLine : .whiteSpaceBeforeColon }
        return .badFieldName
    }

    private static func faultInValue(_ byte: UInt8) -> FieldFault {
        byte == ByteClass.lineFeed ? .bareLineFeed : .badFieldValue
    }
}

/// What is kept of one field line. Offsets fit 16 bits: `HeadLimits` sees to it.
struct FieldLine: Sendable {
    private let nameStart: UInt16
    private let nameEnd: UInt16
    private let valueStart: UInt16
    private let valueEnd: UInt16
    let known: FieldName
    /// Never passed on: a lookalike of a managed name, or named by Connection.
    var isRemoved: Bool

    @inline(__always)
    init(_ bounds: FieldLineBounds, known: FieldName, isRemoved: Bool) {
        nameStart = UInt16(truncatingIfNeeded: bounds.name.start)
        nameEnd = UInt16(truncatingIfNeeded: bounds.name.end)
        valueStart = UInt16(truncatingIfNeeded: bounds.value.start)
        valueEnd = UInt16(truncatingIfNeeded: bounds.value.end)
        self.known = known
        self.isRemoved = isRemoved
    }

    static var none: FieldLine {
        FieldLine(
            FieldLineBounds(name: .empty, value: .empty, next: 0), known: .other, isRemoved: false)
    }

    var name: ByteRange { ByteRange(Int(nameStart), Int(nameEnd)) }

    /// The value without the white space around it.
    var value: ByteRange { ByteRange(Int(valueStart), Int(valueEnd)) }
}
