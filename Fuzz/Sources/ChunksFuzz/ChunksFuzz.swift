import HTTP

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let whole = Decoding(bytes, step: max(1, count))
    precondition(Decoding(bytes, step: 1) == whole, "cut into bytes it is another body")
    precondition(Decoding(bytes, step: 7) == whole, "cut into sevens it is another body")
    return 0
}

/// What comes out of a decoder whose bytes arrive in steps.
private struct Decoding: Equatable {
    var data: [UInt8] = []
    var trailers: [UInt8] = []
    var end: Int?
    var fault: ChunkFault?

    init(_ bytes: [UInt8], step: Int) {
        var decoder = ChunkDecoder()
        var at = 0
        var arrived = 0
        while arrived < bytes.count {
            arrived = min(bytes.count, arrived + step)
            guard take(bytes, arrived, &decoder, &at) else { return }
            precondition(at <= arrived && arrived - at < ChunkDecoder.mostHeldBytes)
        }
    }

    /// Takes what has arrived; false when the body is over.
    private mutating func take(
        _ bytes: [UInt8], _ arrived: Int, _ decoder: inout ChunkDecoder, _ at: inout Int
    ) -> Bool {
        while true {
            switch decoder.next(bytes.span.extracting(first: arrived), from: at) {
            case .needMore(let next):
                precondition(next >= at)
                at = next
                return true
            case .data(let range):
                precondition(range.start >= at && range.end > range.start)
                data += bytes[range.start..<range.end]
                at = range.end
            case .trailer(let range):
                precondition(range.start >= at && range.end > range.start)
                trailers += bytes[range.start..<range.end]
                at = range.end
            case .end(let offset):
                precondition(offset > at)
                end = offset
                return false
            case .refused(let found):
                fault = found
                return false
            }
        }
    }
}
