internal import Bytes

/// What belongs to one stream and is not nghttp2's. It lives from the first frame to the last.
struct HTTP2Stream: ~Copyable {
    let number: Int32
    /// The owner's own number for it, -1 while it has none.
    var tag: Int32 = -1
    /// Whether a head of ours is still to come: the final one, behind those of 1xx.
    var owesHead = true
    /// Bytes of the body on their way to the peer.
    var outbox: Buffer?
    /// Whether nothing comes behind them.
    var hasEnded = false
    /// How many of the last bytes of `outbox` are the text of trailers.
    var trailerCount = 0
    /// Whether nghttp2 was told that there is nothing to send, and asks no more.
    var isDeferred = false
    /// Whether the owner waits until it takes bytes again.
    var isAwaited = false
    /// Bytes of the peer's body that came and were not read by the owner yet.
    var unread: Int32 = 0
    /// How many of them there may be.
    var window: Int32
    /// Whether the final head of the peer is here.
    var hasHead = false
    /// The stream as events name it.
    var id: HTTP2StreamID { HTTP2StreamID(number: number, tag: tag) }
    /// Whether what comes of it is thrown away, since its head was too large or malformed.
    var isRefused = false
    /// Whether the head that comes is too large, which is told at its end.
    var isTooLarge = false
    var isMalformed = false
    /// Whether the peer has reset it, or its owner.
    var isReset = false
    /// Whether the length of the peer's body is not told by its head.
    var isOpenEnded = false
    /// Whether nothing more of the peer's body is wanted: the stream is reset when ours is out.
    var discardsRest = false
    /// Whether the request asks for another protocol (RFC 8441).
    var isUpgrade = false
    /// Whether the request's content is that of gRPC.
    var isGRPC = false
    /// Whether the request's method is HEAD: its answer has no body, whatever its fields say.
    var isHead = false

    /// How many bytes wait in the outbox.
    var waitingCount: Int {
        switch outbox {
        case .some(let outbox): outbox.count
        case .none: 0
        }
    }

    init(number: Int32, window: Int32) {
        self.number = number
        self.window = window
    }
}
