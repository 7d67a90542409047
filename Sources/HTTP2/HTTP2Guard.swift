/// Watches the frames that come: work that a peer asks for is bounded by what it brings.
///
/// Each frame costs one credit. A message, a piece of a body, and bytes that the peer takes give
/// credits back; who has none left floods. Streams that are reset are counted over time.
struct HTTP2Guard {
    private var credits: Int
    /// Thousandths of streams that may be reset at once.
    private var resets: Int
    private var refilledAt: Int?
    private var continuations = 0
    /// The peer's last stream, and those that it passed over with it: they are over for good.
    private var lastStream: Int32 = -1
    private var skipped: Range<Int32> = 0..<0

    init(_ limits: HTTP2Limits) {
        credits = limits.credits
        resets = limits.resetBurst * 1_000
    }

    /// Takes a frame whose header is here. `now`: milliseconds of any clock.
    mutating func take(
        _ frame: HTTP2FrameHeader, isServer: Bool, now: Int, _ limits: HTTP2Limits
    ) -> HTTP2Fault? {
        credits &-= 1
        if credits < 0 { return .flood }
        if frame.kind == HTTP2FrameHeader.continuation {
            continuations &+= 1
            // nghttp2 takes these however long they are (RFC 9113 section 4.2).
            if frame.length > HTTP2FrameHeader.mostBytes { return .frameSize }
            return continuations > limits.continuations ? .continuations : nil
        }
        continuations = 0
        guard isServer else { return nil }
        if frame.kind == HTTP2FrameHeader.reset { return takeReset(now, limits) }
        if frame.kind == HTTP2FrameHeader.headers, frame.stream & 1 == 1 {
            if frame.stream > lastStream {
                if frame.stream > lastStream &+ 2 {
                    skipped = lastStream &+ 1..<frame.stream
                }
                lastStream = frame.stream
            } else if skipped.contains(frame.stream) {
                // RFC 9113 section 5.1.1.
                return .protocol
            }
        }
        return nil
    }

    /// Counts a stream that ended before its time because of the peer.
    mutating func takeReset(_ now: Int, _ limits: HTTP2Limits) -> HTTP2Fault? {
        let passed = min(max(0, now &- (refilledAt ?? now)), 1_000_000)
        refilledAt = now
        let most = limits.resetBurst &* 1_000
        resets = min(most, resets &+ passed &* limits.resetsPerSecond) &- 1_000
        return resets < 0 ? .resets : nil
    }

    /// Gives credits back for what the peer brought or took.
    mutating func give(_ count: Int, _ limits: HTTP2Limits) {
        credits = min(credits &+ count, max(limits.credits, limits.savedCredits))
    }
}
