internal import Bytes
internal import CNGHTTP2

/// What nghttp2 calls for the bytes of a message's body.
extension HTTP2Callbacks {
    private typealias Node = UnsafeMutablePointer<HTTP2StreamNode>

    /// Gives nghttp2 the next bytes of a message's body, at most `room` of them.
    static func readBody(
        _ session: OpaquePointer?, _ number: Int32, _ to: UnsafeMutablePointer<UInt8>?,
        _ room: Int, _ flags: UnsafeMutablePointer<UInt32>?, _ user: UnsafeMutableRawPointer?
    ) -> Int {
        let fatal = Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
        guard let state = unsafe user?.assumingMemoryBound(to: HTTP2State.self),
            let work = unsafe state.pointee.work, let to = unsafe to, let flags = unsafe flags
        else { return fatal }
        guard
            let node = unsafe nghttp2_session_get_stream_user_data(session, number)?
                .assumingMemoryBound(to: HTTP2StreamNode.self)
        else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
        let (count, isDrained) = unsafe move(node, to, room)
        // A peer that takes a few bytes at a time pays for its updates of the window.
        if count > 0, isDrained || count >= 1_024 {
            unsafe state.pointee.give(state.pointee.limits.creditsPerFrame)
        }
        if count > 0, unsafe node.pointee.stream.isAwaited {
            unsafe node.pointee.stream.isAwaited = false
            unsafe work.pointee.writable.append(node.pointee.stream.tag)
        }
        if !isDrained { return count }
        let hasEnded = unsafe node.pointee.stream.hasEnded
        if hasEnded {
            unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            if unsafe submitTrailers(session, node, work) {
                unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            }
        }
        if let outbox = unsafe node.pointee.stream.outbox.take() {
            unsafe work.pointee.pool.give(outbox)
        }
        if hasEnded || count > 0 { return count }
        unsafe node.pointee.stream.isDeferred = true
        return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }

    /// Moves bytes of a body out of the outbox; whether none is left there.
    private static func move(
        _ node: Node, _ to: UnsafeMutablePointer<UInt8>, _ room: Int
    ) -> (Int, Bool) {
        guard var outbox = unsafe node.pointee.stream.outbox.take() else { return (0, true) }
        let waiting = unsafe outbox.count - node.pointee.stream.trailerCount
        let count = min(room, waiting)
        _ = unsafe outbox.read { from, _ in
            unsafe memcpy(to, from, count)
            return count
        }
        outbox.consume(count)
        unsafe node.pointee.stream.outbox = consume outbox
        return (count, count == waiting)
    }

    /// Submits the trailers that stand behind a body; false when there are none.
    private static func submitTrailers(
        _ session: OpaquePointer?, _ node: Node, _ work: UnsafeMutablePointer<HTTP2Workspace>
    ) -> Bool {
        let count = unsafe node.pointee.stream.trailerCount
        guard count > 0, let outbox = unsafe node.pointee.stream.outbox.take() else {
            return false
        }
        let number = unsafe node.pointee.stream.number
        unsafe node.pointee.stream.trailerCount = 0
        let result = unsafe outbox.read { bytes, end in
            let base = unsafe bytes.assumingMemoryBound(to: UInt8.self)
            var writer = unsafe HTTP2HeadWriter(work, base, end)
            guard unsafe writer.trailers(), unsafe writer.count > 0 else { return -1 }
            return unsafe Int(
                nghttp2_submit_trailer(session, number, work.pointee.fields, writer.count))
        }
        unsafe node.pointee.stream.outbox = consume outbox
        return result == 0
    }
}
