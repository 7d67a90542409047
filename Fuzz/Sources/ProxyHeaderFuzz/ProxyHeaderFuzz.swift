import Bytes
import HTTP

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let whole = ProxyHeader.parse(bytes.span)
    var decided: ProxyHeaderProgress?
    for length in 0..<count {
        let progress = ProxyHeader.parse(bytes.span.extracting(first: length))
        if let decided { precondition(progress == decided, "more bytes changed what was decided") }
        if progress != .incomplete { decided = progress }
    }
    if let decided { precondition(whole == decided, "more bytes changed what was decided") }
    guard case .complete(let header) = whole else { return 0 }
    precondition(header.byteCount > 0 && header.byteCount <= count)
    precondition(header.byteCount <= ProxyHeader.mostBinaryBytes)
    // What is written of it is read as the same.
    var buffer = Buffer(capacity: ProxyHeaderEncoder.mostBytes)
    ProxyHeaderEncoder.appendText(header.ends, to: &buffer)
    check(buffer, header.ends)
    buffer.removeAll()
    ProxyHeaderEncoder.appendBinary(header.ends, facts: [UInt8]().span, to: &buffer)
    check(buffer, header.ends)
    return 0
}

private func check(_ buffer: borrowing Buffer, _ ends: ProxyHeader.Ends?) {
    guard case .complete(let again) = ProxyHeader.parse(buffer.bytes) else {
        preconditionFailure("what was written is no header")
    }
    precondition(again.ends == ends && again.byteCount == buffer.count)
}
