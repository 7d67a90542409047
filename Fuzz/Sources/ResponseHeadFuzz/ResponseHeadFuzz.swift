import Bytes
import HTTP

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let method: HTTP.Method = count % 3 == 0 ? .head : .get
    var head = ResponseHead()
    let limits = HeadLimits()
    guard head.parse(bytes.span, to: method, limits: limits) == .complete else { return 0 }
    checkKong(head, bytes.span)
    for version in [HTTPVersion.http11, .http10] where version == .http11 || !head.isInterim {
        checkDelivery(head, bytes.span, to: method, version: version)
    }
    return 0
}

/// What is delivered must be the same response to a strict parser, and no byte more.
private func checkDelivery(
    _ head: borrowing ResponseHead, _ bytes: Span<UInt8>, to method: HTTP.Method,
    version: HTTPVersion
) {
    var buffer = Buffer(capacity: ResponseEncoder.space(for: head))
    let delivery = ResponseDelivery(of: head, to: version, keepAlive: true)
    ResponseEncoder.encode(head, bytes, for: delivery, into: &buffer)
    var again = ResponseHead()
    let limits = HeadLimits()
    switch again.parse(buffer.bytes, to: method, limits: limits) {
    case .complete:
        precondition(again.byteCount == buffer.count, "bytes behind the head")
        precondition(again.framing == delivery.framing, "another framing")
        precondition(again.status == head.status, "another response")
        precondition(again.keepAlive == delivery.keepAlive, "another end")
    case .incomplete:
        preconditionFailure("a head without end")
    case .refused(let fault):
        precondition(fault == .headTooLarge, "\(fault.kind)")
    }
}

/// What is told of a Kong is bounded, fit for a label, and has been said by somebody.
private func checkKong(_ head: borrowing ResponseHead, _ bytes: Span<UInt8>) {
    let facts = head.kongFacts(bytes)
    for milliseconds in [facts.kongMilliseconds, facts.serviceMilliseconds] {
        precondition(milliseconds ?? 0 < 10_000_000, "a latency of hours")
    }
    if facts.maker == .kongForService {
        precondition([502, 504].contains(head.status), "a failed service with another status")
    }
    guard !facts.version.isEmpty else { return }
    precondition(facts.maker != .unknown, "a version of nobody")
    precondition(head.gatewayMarks(bytes).isKong, "a version that is nowhere")
    var hasEnded = false
    for half in [facts.version.high, facts.version.low] {
        for shift in stride(from: 120, through: 0, by: -8) {
            let byte = UInt8(truncatingIfNeeded: half >> UInt128(shift))
            if byte == 0 {
                hasEnded = true
                continue
            }
            let letter = (byte | 0x20) &- 0x61
            let isPart = letter < 26 || (0x30..<0x3a).contains(byte) || "+-.".utf8.contains(byte)
            precondition(isPart && !hasEnded, "no version")
        }
    }
}
