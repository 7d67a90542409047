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
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(calls) {
            unsafe HTTP2Callbacks.noteInvalid($0, $1, $2, $3)
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(calls) {
            unsafe HTTP2Callbacks.closeStream($0, $1, $2, $3)
        }
        unsafe nghttp2_session_callbacks_set_send_data_callback(calls) {
            unsafe HTTP2Callbacks.sendBody($0, $1, $2, $3, $5)
        }
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(calls) {
            unsafe HTTP2Callbacks.noteSent($0, $1, $2)
        }
        unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(calls) {
            unsafe HTTP2Callbacks.noteUnsent($0, $1, $3)
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
        // A server that pushes although we said that it must not (RFC 9113 section 8.4).
        guard unsafe isHead(frame) else { return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue }
        let number = unsafe sluice_frame_stream(frame)
        let kind = unsafe sluice_headers_category(frame)
        if kind == Int32(NGHTTP2_HCAT_REQUEST.rawValue) {
            guard let made = unsafe state.add(number) else { return fatal }
            unsafe nghttp2_session_set_stream_user_data(session, number, made)
            unsafe state.pointee.headNode = made
        } else {
            unsafe state.pointee.headNode = node(session, number)
        }
        let hasHead = unsafe state.pointee.headNode?.pointee.stream.hasHead ?? false
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
        guard unsafe isHead(frame), let node = unsafe state.pointee.headNode else { return 0 }
        if unsafe node.pointee.stream.isRefused { return 0 }
        let outcome = unsafe state.pointee.head.take(
            Span(_unsafeStart: name, count: nameCount),
            Span(_unsafeStart: value, count: valueCount), state.pointee.limits, &work.pointee)
        switch outcome {
        case .kept: break
        case .tooLarge:
            unsafe node.pointee.stream.isRefused = true
            unsafe node.pointee.stream.isTooLarge = true
        case .malformed: unsafe refuse(session, node)
        }
        return 0
    }

    private static func refuse(_ session: OpaquePointer?, _ node: Node) {
        if unsafe node.pointee.stream.isMalformed { return }
        unsafe node.pointee.stream.isRefused = true
        unsafe node.pointee.stream.isMalformed = true
        let number = unsafe node.pointee.stream.number
        unsafe nghttp2_submit_rst_stream(session, 0, number, HTTP2Code.protocol)
    }

    /// A field that breaks the rules makes its message malformed (RFC 9113 section 8.2.1).
    private static func refuseField(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
        _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let frame = unsafe frame else { return fatal }
        let number = unsafe sluice_frame_stream(frame)
        if unsafe isHead(frame), let node = unsafe node(session, number) {
            unsafe refuse(session, node)
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
        guard let node = unsafe node(session, number) else { return 0 }
        if unsafe node.pointee.stream.isRefused {
            unsafe nghttp2_session_consume_stream(session, number, count)
            return 0
        }
        unsafe state.pointee.give(1)
        // What is more than the window is told once before the stream is reset for it.
        let window = unsafe node.pointee.stream.window
        let unread = unsafe Int(node.pointee.stream.unread) + count
        guard unread <= window else { return 0 }
        unsafe node.pointee.stream.unread = Int32(unread)
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
            guard let node = unsafe state.pointee.headNode else { return 0 }
            unsafe state.pointee.headNode = nil
            unsafe state.pointee.give(state.pointee.limits.creditsPerMessage)
            unsafe endHead(state, node, work, endsStream)
        case NGHTTP2_DATA.rawValue:
            if endsStream, let node = unsafe node(session, number),
                unsafe !node.pointee.stream.isRefused
            {
                unsafe work.pointee.events.append(.ended(node.pointee.stream.id))
            }
        case NGHTTP2_GOAWAY.rawValue:
            unsafe work.pointee.events.append(
                .goingAway(last: sluice_goaway_last(frame), code: sluice_goaway_code(frame)))
        case NGHTTP2_SETTINGS.rawValue:
            unsafe state.pointee.hasPeerSettings = true
        case NGHTTP2_RST_STREAM.rawValue:
            unsafe node(session, number)?.pointee.stream.isReset = true
        default: break
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
            unsafe node.pointee.stream.isGRPC = state.pointee.head.isGRPC
            unsafe state.pointee.head.abandon()
            guard unsafe node.pointee.stream.isTooLarge else { return }
            unsafe node.pointee.stream.isTooLarge = false
            unsafe work.pointee.note(state.pointee.isServer) { $0.largeHeads += 1 }
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
        if isServer {
            unsafe node.pointee.stream.isHead = state.pointee.head.isHead(work.pointee)
            unsafe node.pointee.stream.isUpgrade = state.pointee.head.isUpgrade
            unsafe node.pointee.stream.isGRPC = state.pointee.head.isGRPC
        }
        let isBodiless =
            unsafe node.pointee.stream.isHead
            || (!isServer && isBodiless(state, node, work))
        unsafe state.pointee.head.finish(
            endsStream: endsStream, isBodiless: isBodiless, &work.pointee)
        unsafe node.pointee.stream.isOpenEnded = state.pointee.head.isOpenEnded
        unsafe work.pointee.events.append(.head(id, endsStream: endsStream))
    }

    /// Whether an answer has no body for its status; bytes behind success for an upgrade are none.
    private static func isBodiless(
        _ state: State, _ node: Node, _ work: UnsafeMutablePointer<HTTP2Workspace>
    ) -> Bool {
        if unsafe node.pointee.stream.isUpgrade {
            return unsafe state.pointee.head.isSuccess(work.pointee)
        }
        return unsafe state.pointee.head.isEmptyByStatus(work.pointee)
    }

    /// Ends the session for a fault of the peer's.
    static func fail(
        _ session: OpaquePointer?, _ state: UnsafeMutablePointer<HTTP2State>,
        _ work: UnsafeMutablePointer<HTTP2Workspace>, _ fault: HTTP2Fault
    ) {
        guard unsafe state.pointee.fault == nil else { return }
        unsafe state.pointee.fault = fault
        unsafe work.pointee.note(state.pointee.isServer) { $0.count(fault) }
        unsafe nghttp2_session_terminate_session(session, fault.code)
    }

    private static func noteInvalid(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ code: Int32,
        _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let state = unsafe state(user), let work = unsafe state.pointee.work,
            let frame = unsafe frame
        else { return fatal }
        let isServer = unsafe state.pointee.isServer
        guard isServer, unsafe isHead(frame) else { return 0 }
        let most = unsafe Int(state.pointee.limits.streams)
        if code == NGHTTP2_ERR_REFUSED_STREAM.rawValue {
            unsafe work.pointee.counts.refusedStreams += 1
            if let fault = unsafe state.pointee.countReset(work.pointee.now) {
                unsafe fail(session, state, work, fault)
            }
        } else if unsafe state.pointee.streamCount >= most {
            // Those who know the limit are cut off.
            unsafe work.pointee.counts.refusedStreams += 1
        }
        return 0
    }

    /// A session that we end by ourselves had a fault of the peer's. Where the last frame of a
    /// message is out and the rest of the peer's is not wanted, it is told so (RFC 9113 section
    /// 8.1).
    private static func noteSent(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
        _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let state = unsafe state(user), let work = unsafe state.pointee.work,
            let frame = unsafe frame
        else { return fatal }
        if unsafe UInt32(sluice_frame_type(frame)) == NGHTTP2_GOAWAY.rawValue,
            unsafe sluice_goaway_code(frame) != HTTP2Code.none, unsafe state.pointee.fault == nil
        {
            unsafe state.pointee.fault = .protocol
            unsafe work.pointee.note(state.pointee.isServer) { $0.count(.protocol) }
        }
        if unsafe sluice_frame_type(frame) <= 1,
            unsafe sluice_frame_flags(frame) & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0,
            let node = unsafe node(session, sluice_frame_stream(frame)),
            unsafe node.pointee.stream.discardsRest
        {
            unsafe node.pointee.stream.isReset = true
            let number = unsafe node.pointee.stream.number
            unsafe nghttp2_submit_rst_stream(session, 0, number, HTTP2Code.none)
        }
        return 0
    }

    /// A request that is not sent, since the peer takes none any more, may be sent elsewhere.
    private static func noteUnsent(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
        _ user: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let state = unsafe state(user), let work = unsafe state.pointee.work,
            let frame = unsafe frame
        else { return fatal }
        let isRequest =
            unsafe isHead(frame)
            && sluice_headers_category(frame) == Int32(NGHTTP2_HCAT_REQUEST.rawValue)
        guard isRequest, let node = unsafe state.find(sluice_frame_stream(frame)) else { return 0 }
        unsafe node.pointee.stream.isReset = true
        unsafe close(session, node, HTTP2Code.refusedStream, state, work)
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
        if unsafe code != HTTP2Code.none && !node.pointee.stream.isReset {
            unsafe work.pointee.note(state.pointee.isServer) { $0.malformed += 1 }
            if unsafe state.pointee.isServer,
                let fault = unsafe state.pointee.countReset(work.pointee.now)
            {
                unsafe fail(session, state, work, fault)
            }
        }
        unsafe close(session, node, code, state, work)
        return 0
    }

    private static func close(
        _ session: OpaquePointer?, _ node: Node, _ code: UInt32, _ state: State,
        _ work: UnsafeMutablePointer<HTTP2Workspace>
    ) {
        let id = unsafe node.pointee.stream.id
        unsafe work.pointee.closed.append(HTTP2Closed(stream: id, code: code))
        unsafe nghttp2_session_set_stream_user_data(session, id.number, nil)
        unsafe state.remove(node, work)
    }

    private static func isHead(_ frame: UnsafePointer<nghttp2_frame>) -> Bool {
        unsafe UInt32(sluice_frame_type(frame)) == NGHTTP2_HEADERS.rawValue
    }

    private static var fatal: Int32 { NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
}
