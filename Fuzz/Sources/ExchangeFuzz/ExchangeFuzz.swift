import Rehearsal

// Whole exchanges through a real worker on real sockets, turned by hand: the parsers have targets
// of their own, and what is left to be found lies between them, in the worker that joins them.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let faults = Rehearsal.faults(playing: bytes)
    precondition(faults.isEmpty, "\(faults)")
    return 0
}
