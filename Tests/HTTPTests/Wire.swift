import Bytes
import HTTP

/// The bytes of a wire sample: its characters' code points, so that `\u{80}` is one byte.
func wire(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

/// The text of bytes, one character each.
func text(_ bytes: Span<UInt8>) -> String {
    var text = ""
    for index in 0..<bytes.count { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    return text
}

/// The text of a range of bytes.
func text(_ bytes: [UInt8], _ range: ByteRange) -> String {
    text(bytes.span.extracting(range.start..<range.end))
}

/// What the parser says of a request, given as a whole.
func progress(_ request: String, limits: HeadLimits = HeadLimits()) -> HeadProgress {
    var head = RequestHead()
    return head.parse(wire(request).span, limits: limits)
}

/// What the parser says of a request that arrives byte by byte, parsed when it is worth it.
func progressByByte(_ request: String, limits: HeadLimits = HeadLimits()) -> HeadProgress {
    let bytes = wire(request)
    var head = RequestHead()
    var scan = HeadScan()
    for count in 1...max(1, bytes.count) {
        let arrived = bytes.span.extracting(first: count)
        guard scan.isWorthParsing(arrived, limits: limits) else { continue }
        let progress = head.parse(arrived, limits: limits)
        if progress != .incomplete { return progress }
    }
    return .incomplete
}

/// What names a request whose client does not.
let sampleID = RequestID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)

/// What a request is forwarded as; nil if it is not complete.
func forwarded(
    _ request: String, trusted: Bool = false, secure: Bool = false,
    from address: UInt128 = 0xffff_c000_0207
) -> String? {
    var head = RequestHead()
    let bytes = wire(request)
    guard head.parse(bytes.span, limits: HeadLimits()) == .complete else { return nil }
    var buffer = Buffer(capacity: RequestEncoder.space(for: head))
    let client = ClientFacts(
        address: ClientAddress(bits: address), localPort: 8000, isTrusted: trusted,
        isSecure: secure)
    RequestEncoder.encode(head, bytes.span, client: client, id: sampleID, into: &buffer)
    return text(buffer.bytes)
}

/// What a response is delivered as; nil if it is not complete.
func delivered(
    _ response: String, to method: HTTP.Method = .get, version: HTTPVersion = .http11,
    keepAlive: Bool = true, date: DateLine? = nil
) -> String? {
    var head = ResponseHead()
    let bytes = wire(response)
    guard head.parse(bytes.span, to: method, limits: HeadLimits()) == .complete else {
        return nil
    }
    var buffer = Buffer(capacity: ResponseEncoder.space(for: head))
    let delivery = ResponseDelivery(of: head, to: version, keepAlive: keepAlive)
    ResponseEncoder.encode(head, bytes.span, for: delivery, date: date, into: &buffer)
    return text(buffer.bytes)
}

/// The canonical text of an address.
func addressText(_ address: ClientAddress) -> String {
    var buffer = Buffer(capacity: 64)
    address.append(to: &buffer)
    return text(buffer.bytes)
}
