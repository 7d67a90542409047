import Bytes
import HTTP

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var head = RequestHead()
    let limits = HeadLimits()
    guard head.parse(bytes.span, limits: limits) == .complete else { return 0 }
    checkForwarding(head, bytes.span, isTrusted: count % 2 == 0)
    checkSelection(head, bytes.span)
    checkCut(bytes, at: head.byteCount / 2, length: head.byteCount)
    return 0
}

/// A rule holds or its opposite does, and a field that is there with a value is there.
private func checkSelection(_ head: borrowing RequestHead, _ bytes: Span<UInt8>) {
    let client = head.client(bytes, from: ClientAddress(bits: 1)) { $0.bits & 1 == 1 }
    let origin = RequestOrigin(client: client, isTrusted: client.bits == 1)
    let conditions: [RequestRule.Condition] = [
        .header("a", ["b"]), .cookie("a", ["b"]), .query("a", ["b"]), .method(["GET"]),
        .pathPrefix(["/a"]), .host(["a", "*.b"]), .client([(network: 1, mask: 1)]),
    ]
    for condition in conditions {
        let rules = RequestRules([
            RequestRule([condition]), RequestRule([], exceptions: [condition]),
        ])
        precondition(rules.firstMatch(head, bytes, origin) != nil, "neither holds")
    }
    let pairs: [(RequestRule.Condition, RequestRule.Condition)] = [
        (.header("a", ["b"]), .header("a", [])), (.cookie("a", ["b"]), .cookie("a", [])),
        (.query("a", ["b"]), .query("a", [])),
    ]
    for (value, presence) in pairs {
        let rules = RequestRules([RequestRule([value], exceptions: [presence])])
        precondition(rules.firstMatch(head, bytes, origin) == nil, "a value, but no name")
    }
    let keys = RequestKeys([.header("a"), .cookie("a")])
    if case .text(let range) = keys.find(head, bytes, isTrusted: false) {
        precondition(!range.isEmpty && range.end <= head.byteCount, "a key outside of the head")
    }
}

/// What is forwarded must be the same request to a strict parser, and no byte more.
private func checkForwarding(
    _ head: borrowing RequestHead, _ bytes: Span<UInt8>, isTrusted: Bool
) {
    var buffer = Buffer(capacity: RequestEncoder.space(for: head))
    let client = ClientFacts(
        address: ClientAddress(bits: 0x2001_0db8 << 96 | 1), localPort: 80,
        isTrusted: isTrusted, isSecure: true)
    let id = RequestID(high: 0, low: .max)
    RequestEncoder.encode(head, bytes, client: client, id: id, into: &buffer)
    var again = RequestHead()
    let limits = HeadLimits()
    switch again.parse(buffer.bytes, limits: limits) {
    case .complete:
        precondition(again.byteCount == buffer.count, "bytes behind the head")
        precondition(again.framing == head.framing, "another framing")
        precondition(again.method == head.method, "another method")
        let stays = again.upgradeRange.isEmpty == head.upgradeRange.isEmpty
        precondition(stays, "another protocol")
        precondition(!again.requestIDRange.isEmpty, "a request without a name")
    case .incomplete:
        preconditionFailure("a head without end")
    case .refused(.lastHop), .refused(.traceNotSupported):
        // The hop that it is forwarded to is the last one.
        precondition(head.method == .options || head.method == .trace, "no hops are counted")
    case .refused(let fault):
        // What is added may take a head over a limit of size.
        precondition(fault.status == 431 || fault.status == 414, "\(fault.kind)")
    }
}

/// A head is complete with its last byte and not before.
private func checkCut(_ bytes: [UInt8], at cut: Int, length: Int) {
    var head = RequestHead()
    let limits = HeadLimits()
    precondition(head.parse(bytes.span.extracting(first: cut), limits: limits) == .incomplete)
    let whole = bytes.span.extracting(first: length)
    precondition(head.parse(whole, limits: limits) == .complete && head.byteCount == length)
}
