package import Bytes
internal import CNGHTTP2

/// What sessions work with while they are called; one for each worker, used by one call at a time.
@safe
package struct HTTP2Workspace: ~Copyable {
    /// Frames that are to be sent: the caller sends or keeps them after each `gather`.
    package var outgoing: Buffer
    /// The head or the trailers of the last event.
    package var text: Buffer
    /// What the last call brought, in its order.
    package internal(set) var events: [HTTP2Event] = []
    /// Streams that the last calls have closed; the caller empties it.
    package var closed: [HTTP2Closed] = []
    /// Tags of streams that take bytes again; the caller empties it.
    package var writable: [Int32] = []

    /// What the sessions with clients have refused, and those with servers.
    package internal(set) var counts = HTTP2Counts()
    package internal(set) var targetCounts = HTTP2Counts()
    /// Milliseconds of the caller's clock, which the caller keeps up to date.
    package var now = 0

    /// Bodies of messages on their way to the peer.
    var pool: BufferPool
    /// The parts of a request's head that come before the fields.
    var pseudo = Buffer(capacity: HTTP2Workspace.pseudoBytes)
    var cookie = Buffer(capacity: HTTP2Workspace.pseudoBytes)
    let fields: UnsafeMutablePointer<nghttp2_nv>
    /// Names of fields that are sent, in lower case.
    let names: UnsafeMutablePointer<UInt8>
    /// What the worker's sessions take their memory from.
    package let memory = HTTP2Memory()
    /// Where the bytes begin that are being fed.
    var input: UnsafePointer<UInt8>?

    static let mostFields = 512
    static let pseudoBytes = 128 * 1024
    static let textBytes = 2 * pseudoBytes
    /// A frame is at most so long: we never ask a peer for more, and send none that is longer.
    static let frameSpace = 16 * 1024 + 64
    /// How much of a message may wait for the peer.
    static let outboxBytes = 64 * 1024

    /// `capacity`: room for the frames that are gathered at once; at most so many streams have
    /// something to send at once.
    package init(capacity: Int, streams: Int) {
        precondition(capacity >= 2 * Self.frameSpace, "no room for two frames")
        outgoing = Buffer(capacity: capacity)
        text = Buffer(capacity: Self.textBytes)
        pool = BufferPool(blockSize: Self.outboxBytes, limit: streams, keep: 64)
        unsafe fields = .allocate(capacity: Self.mostFields)
        unsafe names = .allocate(capacity: Self.pseudoBytes)
        events.reserveCapacity(16)
        closed.reserveCapacity(1_024)
        writable.reserveCapacity(1_024)
    }

    deinit {
        unsafe fields.deallocate()
        unsafe names.deallocate()
    }

    mutating func note(_ isServer: Bool, _ change: (inout HTTP2Counts) -> Void) {
        if isServer { change(&counts) } else { change(&targetCounts) }
    }
}
