import Bytes
import HTTP

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let method: HTTP.Method = count % 3 == 0 ? .head : .get
    var head = ResponseHead()
    let limits = HeadLimits()
    guard head.parse(bytes.span, to: method, limits: limits) == .complete else { return 0 }
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
