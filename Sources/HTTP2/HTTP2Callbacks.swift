internal import Bytes
internal import CNGHTTP2

/// What nghttp2 calls while bytes are fed to a session and frames are gathered from it.
///
/// They write into the workspace of the call that is under way, and nothing else.
enum HTTP2Callbacks {
    private typealias State = UnsafeMutablePointer<HTTP2State>
    private typealias Node = UnsafeMutablePointer<HTTP2StreamNode>

    static func make() -> OpaquePointer? {
        var made: OpaquePointer?
        guard unsafe nghttp2_session_callbacks_new(&made) == 0, let calls = unsafe made else {
            return nil
        }
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(calls) {
            unsafe HTTP2Callbacks.beginHead($0, $1, $2)
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback(calls) {
            unsafe HTTP2Callbacks.takeField($0, $1, $2, $3, $4, $5, $7)
        }
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(calls) {
            unsafe HTTP2Callbacks.refuseField($0, $1, $7)
        }
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls) {
            unsafe HTTP2Callbacks.takeBody($0, $2, $3, $4, $5)
        }
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(calls) {
            unsafe HTTP2Callbacks.endFrame($0, $1, $2)
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(calls) {
            unsafe HTTP2Callbacks.closeStream($0, $1, $2, $3)
        }
        return unsafe calls
    }

    private static func state(_ user: UnsafeMutableRawPointer?) -> State? {
        unsafe user?.assumingMemoryBound(to: HTTP2State.self)
    }

    private static func node(_ session: OpaquePointer?, _ stream: Int32) -> Node? {
        unsafe nghttp2_session_get_stream_user_data(session, stream)?
            .assumingMemoryBound(to: HTTP2StreamNode.self)
    }

    private static func beginHead(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
        _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let state = unsafe state(user), let work = unsafe state.pointee.work,
            let frame = unsafe frame
        else { return fatal }
        let number = unsafe sluice_frame_stream(frame)
        let kind = unsafe sluice_headers_category(frame)
        if kind == Int32(NGHTTP2_HCAT_REQUEST.rawValue) {
            let made = unsafe state.add(number)
            unsafe nghttp2_session_set_stream_user_data(session, number, made)
        }
        let hasHead = unsafe node(session, number)?.pointee.stream.hasHead ?? false
        unsafe state.pointee.head.begin(isTrailers: hasHead, &work.pointee)
        return 0
    }

    private static func takeField(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
        _ name: UnsafePointer<UInt8>?, _ nameCount: Int, _ value: UnsafePointer<UInt8>?,
        _ valueCount: Int, _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let state = unsafe state(user), let work = unsafe state.pointee.work,
            let frame = unsafe frame, let name = unsafe name, let value = unsafe value
        else { return fatal }
        let number = unsafe sluice_frame_stream(frame)
        guard let node = unsafe node(session, number) else { return 0 }
        if unsafe node.pointee.stream.isRefused { return 0 }
        let outcome = unsafe state.pointee.head.take(
            Span(_unsafeStart: name, count: nameCount),
            Span(_unsafeStart: value, count: valueCount), state.pointee.limits, &work.pointee)
        switch outcome {
        case .kept: break
        case .tooLarge: unsafe node.pointee.stream.isRefused = true
        case .malformed:
            unsafe nghttp2_submit_rst_stream(session, 0, number, HTTP2Code.protocol)
            unsafe node.pointee.stream.isRefused = true
            unsafe node.pointee.stream.isMalformed = true
        }
        return 0
    }

    /// A field that breaks the rules makes its message malformed (RFC 9113 section 8.2.1).
    private static func refuseField(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
        _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let frame = unsafe frame else { return fatal }
        let number = unsafe sluice_frame_stream(frame)
        guard let node = unsafe node(session, number) else { return 0 }
        if unsafe !node.pointee.stream.isMalformed {
            unsafe nghttp2_submit_rst_stream(session, 0, number, HTTP2Code.protocol)
            unsafe node.pointee.stream.isRefused = true
            unsafe node.pointee.stream.isMalformed = true
        }
        return 0
    }

    private static func takeBody(
        _ session: OpaquePointer?, _ number: Int32, _ bytes: UnsafePointer<UInt8>?, _ count: Int,
        _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let state = unsafe state(user), let work = unsafe state.pointee.work,
            let bytes = unsafe bytes, let input = unsafe work.pointee.input
        else { return fatal }
        // The others' bytes do not wait for those of this stream to be read.
        unsafe nghttp2_session_consume_connection(session, count)
        guard let node = unsafe node(session, number), unsafe !node.pointee.stream.isRefused
        else {
            unsafe nghttp2_session_consume_stream(session, number, count)
            return 0
        }
        unsafe node.pointee.stream.unread += Int32(count)
        unsafe state.pointee.countMessage()
        unsafe work.pointee.events.append(
            .body(node.pointee.stream.id, from: bytes - input, count: count))
        return 0
    }

    private static func endFrame(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
        _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let state = unsafe state(user), let work = unsafe state.pointee.work,
            let frame = unsafe frame
        else { return fatal }
        let number = unsafe sluice_frame_stream(frame)
        let endsStream =
            unsafe sluice_frame_flags(frame) & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch UInt32(unsafe sluice_frame_type(frame)) {
        case NGHTTP2_HEADERS.rawValue:
            guard let node = unsafe node(session, number) else { return 0 }
            unsafe state.pointee.countMessage()
            unsafe endHead(state, node, work, endsStream)
        case NGHTTP2_DATA.rawValue:
            if endsStream, let node = unsafe node(session, number),
                unsafe !node.pointee.stream.isRefused
            {
                unsafe work.pointee.events.append(.ended(node.pointee.stream.id))
            } else if unsafe sluice_frame_length(frame) == 0 {
                return unsafe countIdle(session, state)
            }
        case NGHTTP2_GOAWAY.rawValue:
            unsafe work.pointee.events.append(
                .goingAway(last: sluice_goaway_last(frame), code: sluice_goaway_code(frame)))
        case NGHTTP2_RST_STREAM.rawValue: break
        default: return unsafe countIdle(session, state)
        }
        return 0
    }

    private static func endHead(
        _ state: State, _ node: Node, _ work: UnsafeMutablePointer<HTTP2Workspace>,
        _ endsStream: Bool
    ) {
        if unsafe node.pointee.stream.isMalformed { return }
        let id = unsafe node.pointee.stream.id
        if unsafe node.pointee.stream.isRefused {
            unsafe work.pointee.text.removeAll()
            unsafe work.pointee.events.append(.headTooLarge(id))
            return
        }
        let isServer = unsafe state.pointee.isServer
        if unsafe state.pointee.head.isTrailers {
            unsafe state.pointee.head.finish(
                endsStream: true, isBodiless: false, &work.pointee)
            unsafe work.pointee.events.append(.trailers(id))
            return
        }
        let isInterim = unsafe state.pointee.head.isInterim(work.pointee)
        unsafe node.pointee.stream.hasHead = !isInterim
        if isServer { unsafe node.pointee.stream.isHead = state.pointee.head.isHead(work.pointee) }
        let isBodiless =
            unsafe node.pointee.stream.isHead
            || (!isServer && state.pointee.head.isEmptyByStatus(work.pointee))
        unsafe state.pointee.head.finish(
            endsStream: endsStream, isBodiless: isBodiless, &work.pointee)
        unsafe work.pointee.events.append(.head(id, endsStream: endsStream))
    }

    /// Counts a frame that carries nothing; so many of them are a flood.
    private static func countIdle(_ session: OpaquePointer?, _ state: State) -> Int32 {
        unsafe state.pointee.idleFrames -= 1
        guard unsafe state.pointee.idleFrames < 0 else { return 0 }
        unsafe state.pointee.fault = .flood
        unsafe nghttp2_session_terminate_session(session, HTTP2Code.enhanceYourCalm)
        return 0
    }

    private static func closeStream(
        _ session: OpaquePointer?, _ number: Int32, _ code: UInt32,
        _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let state = unsafe state(user), let work = unsafe state.pointee.work else {
            return fatal
        }
        guard let node = unsafe node(session, number) else { return 0 }
        unsafe work.pointee.closed.append(HTTP2Closed(stream: node.pointee.stream.id, code: code))
        unsafe nghttp2_session_set_stream_user_data(session, number, nil)
        unsafe state.remove(node, work)
        return 0
    }

    /// Gives nghttp2 the next bytes of a message's body, at most `room` of them.
    static func readBody(
        _ session: OpaquePointer?, _ number: Int32, _ to: UnsafeMutablePointer<UInt8>?,
        _ room: Int, _ flags: UnsafeMutablePointer<UInt32>?, _ user: UnsafeMutableRawPointer?
    ) -> Int {
        guard let state = unsafe state(user), let work = unsafe state.pointee.work,
            let node = unsafe node(session, number), let to = unsafe to, let flags = unsafe flags
        else { return Int(fatal) }
        var count = 0
        if var outbox = unsafe node.pointee.stream.outbox.take() {
            count = min(room, outbox.count)
            _ = unsafe outbox.read { from, _ in
                unsafe memcpy(to, from, count)
                return count
            }
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
        }
        if unsafe node.pointee.stream.outbox != nil { return count }
        if unsafe node.pointee.stream.hasEnded {
            unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            if unsafe node.pointee.stream.hasTrailers {
                unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            }
            return count
        }
        if count > 0 { return count }
        unsafe node.pointee.stream.isDeferred = true
        return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }

    private static var fatal: Int32 { NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
}
