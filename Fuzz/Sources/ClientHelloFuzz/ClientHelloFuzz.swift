import Bytes
import HTTP

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let whole = Look(bytes, count)
    var awaited = 0
    var decided: Look?
    for length in 0..<min(count, 2_048) where length >= awaited {
        // What is decided stays so: a look now and then is enough.
        if decided != nil, length % 64 != 0 { continue }
        let look = Look(bytes, length)
        if let decided { precondition(look == decided, "more bytes changed what was decided") }
        if case .incomplete(let least) = look.progress {
            precondition(least > length && least <= ClientHello.mostBytes)
            awaited = least
        } else {
            decided = look
        }
    }
    if let decided { precondition(whole == decided, "more bytes changed what was decided") }
    return 0
}

/// What comes of a look at the first bytes.
private struct Look: Equatable {
    let progress: ClientHelloProgress
    let name: [UInt8]

    init(_ bytes: [UInt8], _ count: Int) {
        var buffer = Buffer(capacity: ClientHello.mostNameBytes)
        progress = ClientHello.readServerName(bytes.span.extracting(first: count), into: &buffer)
        var name: [UInt8] = []
        for index in 0..<buffer.count { name.append(buffer.bytes[index]) }
        self.name = name
        precondition(progress == .complete || name.isEmpty)
    }
}
