internal import Bytes
internal import CNGHTTP2

/// What belongs to a session and is not nghttp2's; its callbacks find it.
@unsafe
struct HTTP2State: ~Copyable {
    let isServer: Bool
    let limits: HTTP2Limits
    /// Kept here until nghttp2 has given all back.
    private let memory: HTTP2Memory
    let blocks: UnsafeMutablePointer<HTTP2BlockPool>
    /// The workspace of the call that is under way.
    var work: UnsafeMutablePointer<HTTP2Workspace>?
    var head = HTTP2HeadReader()
    /// What is known of a head of which not all frames are here.
    var heldHead: HTTP2HeldHead?
    var cutter: HTTP2FrameCutter
    var fault: HTTP2Fault?
    var goAwaySteps = 0
    /// How many heads and trailers were made for the peer.
    var headsWritten: UInt = 0
    /// Whether the peer's first SETTINGS are here.
    var hasPeerSettings = false
    /// The stream of which a head is coming in; nil when it is over.
    var headNode: UnsafeMutablePointer<HTTP2StreamNode>?
    /// All streams that are open.
    var streams: UnsafeMutablePointer<HTTP2StreamNode>?
    var streamCount = 0
    var guarding: HTTP2Guard

    init(isServer: Bool, limits: HTTP2Limits, memory: HTTP2Memory) {
        unsafe self.isServer = isServer
        unsafe self.limits = limits
        unsafe self.memory = memory
        unsafe blocks = memory.pool
        unsafe cutter = HTTP2FrameCutter(hasPreface: isServer)
        unsafe guarding = HTTP2Guard(limits)
    }

    /// Gives the peer credits for what it brought or took.
    mutating func give(_ count: Int) {
        let limits = unsafe self.limits
        unsafe guarding.give(count, limits)
    }

    /// Counts a stream that ended before its time because of the peer.
    mutating func countReset(_ now: Int) -> HTTP2Fault? {
        let limits = unsafe self.limits
        return unsafe guarding.takeReset(now, limits)
    }
}

/// A stream in the list of its session's.
@unsafe
struct HTTP2StreamNode: ~Copyable {
    var stream: HTTP2Stream
    var next: UnsafeMutablePointer<HTTP2StreamNode>?
    var previous: UnsafeMutablePointer<HTTP2StreamNode>?

    init(_ stream: consuming HTTP2Stream) { unsafe self.stream = stream }
}

extension UnsafeMutablePointer<HTTP2State> {
    /// Where the memory of streams comes from. Read by itself, since Swift 6.3 builds no change of
    /// it through the state for the thread sanitizer.
    var pool: UnsafeMutablePointer<HTTP2BlockPool> { unsafe pointee.blocks }

    /// Makes the entry of a new stream; nil when there is no memory.
    func add(_ number: Int32) -> UnsafeMutablePointer<HTTP2StreamNode>? {
        let size = unsafe MemoryLayout<HTTP2StreamNode>.size
        guard let block = unsafe pool.pointee.take(size) else { return nil }
        let node = unsafe block.bindMemory(to: HTTP2StreamNode.self, capacity: 1)
        unsafe node.initialize(
            to: HTTP2StreamNode(
                HTTP2Stream(number: number, window: pointee.limits.streamWindow)))
        unsafe node.pointee.next = pointee.streams
        unsafe pointee.streams?.pointee.previous = node
        unsafe pointee.streams = node
        unsafe pointee.streamCount += 1
        return unsafe node
    }

    /// The entry of a stream, found in the list.
    func find(_ number: Int32) -> UnsafeMutablePointer<HTTP2StreamNode>? {
        var node = unsafe pointee.streams
        while let one = unsafe node, unsafe one.pointee.stream.number != number {
            unsafe node = one.pointee.next
        }
        return unsafe node
    }

    /// Frees the entry of a stream; its buffer goes back to the workspace.
    func remove(
        _ node: UnsafeMutablePointer<HTTP2StreamNode>, _ work: UnsafeMutablePointer<HTTP2Workspace>
    ) {
        if let outbox = unsafe node.pointee.stream.outbox.take() {
            unsafe work.pointee.pool.give(outbox)
        }
        unsafe node.pointee.previous?.pointee.next = node.pointee.next
        unsafe node.pointee.next?.pointee.previous = node.pointee.previous
        if unsafe pointee.streams == node { unsafe pointee.streams = node.pointee.next }
        if unsafe pointee.headNode == node { unsafe pointee.headNode = nil }
        unsafe pointee.streamCount -= 1
        unsafe node.deinitialize(count: 1)
        unsafe pool.pointee.give(node)
    }
}
