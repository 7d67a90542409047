internal import Bytes
internal import CNGHTTP2

/// What nghttp2 calls for the bytes of a message's body.
extension HTTP2Callbacks {
    private typealias Node = UnsafeMutablePointer<HTTP2StreamNode>

    /// Tells nghttp2 how many bytes of a message's body go next, at most `room` of them. They stay
    /// in the outbox until the frame is made.
    static func readBody(
        _ session: OpaquePointer?, _ number: Int32, _ room: Int,
        _ flags: UnsafeMutablePointer<UInt32>?, _ user: UnsafeMutableRawPointer?
    ) -> Int {
        let fatal = Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
        guard let state = unsafe user?.assumingMemoryBound(to: HTTP2State.self),
            let work = unsafe state.pointee.work, let flags = unsafe flags
        else { return fatal }
        guard
            let node = unsafe nghttp2_session_get_stream_user_data(session, number)?
                .assumingMemoryBound(to: HTTP2StreamNode.self)
        else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
        let waiting = unsafe node.pointee.stream.waitingCount - node.pointee.stream.trailerCount
        let count = min(room, waiting)
        let isDrained = count == waiting
        if count > 0 {
            unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
            if unsafe isDrained || count >= state.pointee.limits.creditedBytes {
                unsafe state.pointee.give(state.pointee.limits.creditsPerFrame)
            }
        }
        if !isDrained { return count }
        if unsafe node.pointee.stream.hasEnded {
            unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            if unsafe submitTrailers(session, node, behind: count, state, work) {
                unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            }
        } else if count == 0 {
            unsafe node.pointee.stream.isDeferred = true
        }
        if count > 0 { return count }
        if let outbox = unsafe node.pointee.stream.outbox.take() {
            unsafe work.pointee.pool.give(outbox)
        }
        return unsafe node.pointee.stream.isDeferred ? Int(NGHTTP2_ERR_DEFERRED.rawValue) : 0
    }

    /// Makes a frame of the bytes that `readBody` told of: they go from the outbox to what is sent
    /// in one copy.
    static func sendBody(
        _ session: OpaquePointer?, _ frame: UnsafeMutablePointer<nghttp2_frame>?,
        _ header: UnsafePointer<UInt8>?, _ count: Int, _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let state = unsafe user?.assumingMemoryBound(to: HTTP2State.self),
            let work = unsafe state.pointee.work, let frame = unsafe frame,
            let header = unsafe header,
            let node = unsafe nghttp2_session_get_stream_user_data(
                session, sluice_frame_stream(frame))?
                .assumingMemoryBound(to: HTTP2StreamNode.self),
            var outbox = unsafe node.pointee.stream.outbox.take()
        else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
        guard unsafe work.pointee.outgoing.space >= headerBytes + count else {
            unsafe node.pointee.stream.outbox = consume outbox
            return NGHTTP2_ERR_WOULDBLOCK.rawValue
        }
        unsafe work.pointee.outgoing.append(Span(_unsafeStart: header, count: headerBytes))
        unsafe work.pointee.outgoing.append(outbox.bytes, from: 0, to: count)
        outbox.consume(count)
        if outbox.isEmpty {
            unsafe work.pointee.pool.give(outbox)
        } else {
            unsafe node.pointee.stream.outbox = consume outbox
        }
        if unsafe node.pointee.stream.isAwaited {
            unsafe node.pointee.stream.isAwaited = false
            unsafe work.pointee.writable.append(node.pointee.stream.tag)
        }
        return 0
    }

    private static let headerBytes = 9

    /// Submits the trailers that stand behind the last bytes of a body, and takes them off there;
    /// false when there are none.
    private static func submitTrailers(
        _ session: OpaquePointer?, _ node: Node, behind bodyCount: Int,
        _ state: UnsafeMutablePointer<HTTP2State>,
        _ work: UnsafeMutablePointer<HTTP2Workspace>
    ) -> Bool {
        let count = unsafe node.pointee.stream.trailerCount
        guard count > 0, var outbox = unsafe node.pointee.stream.outbox.take() else {
            return false
        }
        let number = unsafe node.pointee.stream.number
        unsafe node.pointee.stream.trailerCount = 0
        let result = unsafe outbox.read { bytes, end in
            let base = unsafe bytes.assumingMemoryBound(to: UInt8.self) + bodyCount
            var writer = unsafe HTTP2HeadWriter(state, work, base, end - bodyCount)
            guard unsafe writer.trailers(), unsafe writer.headEnd == end - bodyCount,
                unsafe writer.count > 0
            else { return -1 }
            return unsafe Int(
                nghttp2_submit_trailer(session, number, writer.fields, writer.count))
        }
        outbox.truncate(to: bodyCount)
        unsafe node.pointee.stream.outbox = consume outbox
        return result == 0
    }
}
