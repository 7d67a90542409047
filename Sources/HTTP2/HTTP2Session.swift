internal import Bytes
internal import CNGHTTP2

/// One connection's HTTP/2, on either side: bytes in, events out; messages in, frames out.
///
/// It costs two pointers where it is kept. Each call gets the workspace. Messages are told and
/// taken as HTTP/1.1 writes them, so that whoever handles them need not know the version.
@safe
package struct HTTP2Session: ~Copyable {
    let raw: OpaquePointer
    let state: UnsafeMutablePointer<HTTP2State>

    /// A session with a client, or with a server when not `isServer`. Its SETTINGS, and a client's
    /// preface before them, are the first that `gather` gives; nil when there is no memory.
    /// `memory`: the worker's, which all its sessions share.
    package init?(
        isServer: Bool, limits: HTTP2Limits = HTTP2Limits(), memory: HTTP2Memory = HTTP2Memory()
    ) {
        guard let callbacks = unsafe HTTP2Callbacks.make() else { return nil }
        defer { unsafe nghttp2_session_callbacks_del(callbacks) }
        var options: OpaquePointer?
        guard unsafe nghttp2_option_new(&options) == 0 else { return nil }
        defer { unsafe nghttp2_option_del(options) }
        unsafe Self.set(options, limits)
        let state = UnsafeMutablePointer<HTTP2State>.allocate(capacity: 1)
        unsafe state.initialize(to: HTTP2State(isServer: isServer, limits: limits, memory: memory))
        var made: OpaquePointer?
        var calls = unsafe memory.calls
        let result =
            isServer
            ? unsafe nghttp2_session_server_new3(&made, callbacks, state, options, &calls)
            : unsafe nghttp2_session_client_new3(&made, callbacks, state, options, &calls)
        guard result == 0, let raw = unsafe made else {
            unsafe state.deinitialize(count: 1)
            unsafe state.deallocate()
            return nil
        }
        unsafe self.raw = raw
        unsafe self.state = state
        submitSettings(limits)
    }

    deinit {
        unsafe nghttp2_session_del(raw)
        while let node = unsafe state.pointee.streams {
            unsafe precondition(node.pointee.stream.outbox == nil, "a session went unended")
            unsafe state.pointee.streams = node.pointee.next
            unsafe node.deinitialize(count: 1)
            unsafe state.pool.pointee.give(node)
        }
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
    }

    private static func set(_ options: OpaquePointer?, _ limits: HTTP2Limits) {
        // Windows open when the owner has read, so that a slow reader holds up its stream alone.
        unsafe nghttp2_option_set_no_auto_window_update(options, 1)
        unsafe nghttp2_option_set_no_closed_streams(options, 1)
        unsafe nghttp2_option_set_max_send_header_block_length(
            options, HTTP2Workspace.pseudoBytes)
        // These are counted here, by limits of our own, before nghttp2 sees them.
        unsafe nghttp2_option_set_stream_reset_rate_limit(options, 1 << 30, 1 << 30)
        unsafe nghttp2_option_set_max_reserved_remote_streams(options, 0)
    }

    private func submitSettings(_ limits: HTTP2Limits) {
        let isServer = unsafe state.pointee.isServer
        var settings = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: UInt32(limits.streamWindow)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(limits.headBytes)),
        ]
        if isServer {
            settings.append(
                nghttp2_settings_entry(
                    settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
                    value: limits.streams))
            settings.append(
                nghttp2_settings_entry(
                    settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL.rawValue),
                    value: 1))
        } else {
            settings.append(
                nghttp2_settings_entry(
                    settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
        }
        unsafe settings.withUnsafeBufferPointer { entries in
            _ = unsafe nghttp2_submit_settings(raw, 0, entries.baseAddress, entries.count)
        }
        unsafe nghttp2_session_set_local_window_size(raw, 0, 0, limits.connectionWindow)
    }

    /// How many streams are open.
    package var streamCount: Int { unsafe state.pointee.streamCount }

    /// Why the session is broken; nil while it is not.
    package var fault: HTTP2Fault? { unsafe state.pointee.fault }

    /// Whether nothing is to come and nothing to be sent: the connection may be closed.
    package var isOver: Bool {
        unsafe nghttp2_session_want_read(raw) == 0 && nghttp2_session_want_write(raw) == 0
    }

    /// Whether a head began of which not all frames are here.
    package var awaitsHead: Bool { unsafe state.pointee.cutter.isInBlock }

    /// Whether there are frames to gather.
    package var wantsToSend: Bool { unsafe nghttp2_session_want_write(raw) != 0 }

    /// Takes the next piece of what came, at most one frame of it; what it brought stands in the
    /// workspace's events. Returns the number of bytes taken, or nil when the peer breaks the rules
    /// so that nothing more is read: what `gather` gives then tells it why.
    package func feed(
        _ bytes: Span<UInt8>, from start: Int, _ work: inout HTTP2Workspace
    ) -> Int? {
        if !work.events.isEmpty { work.events.removeAll(keepingCapacity: true) }
        guard fault == nil else { return nil }
        let piece = unsafe state.pointee.cutter.next(bytes, from: start)
        if piece.isHeld { return piece.count }
        if let frame = piece.started, let fault = admit(frame, work.now) {
            fail(fault, &work)
            return nil
        }
        unsafe state.pointee.heldHead?.trade(&work)
        let isTaken =
            (piece.heldCount == 0 || takeHeader(&work))
            && take(bytes, from: start + piece.heldCount, to: start + piece.count, &work)
        keepHead(&work)
        return isTaken && fault == nil ? piece.count : nil
    }

    /// Gives nghttp2 the header of a frame that came in parts.
    private func takeHeader(_ work: inout HTTP2Workspace) -> Bool {
        let header = unsafe state.pointee.cutter.header.bigEndian
        let result = unsafe withUnsafeBytes(of: header) { bytes -> Int in
            guard let first = bytes.baseAddress else { return 0 }
            // Of 16 bytes the last 9.
            let from = unsafe (first + 7).assumingMemoryBound(to: UInt8.self)
            return unsafe call(&work) { unsafe nghttp2_session_mem_recv($0, from, 9) }
        }
        return note(result, expected: 9, &work)
    }

    private func take(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, _ work: inout HTTP2Workspace
    ) -> Bool {
        guard end > start else { return true }
        let result = unsafe bytes.withUnsafeBufferPointer { all in
            guard let first = all.baseAddress else { return 0 }
            unsafe work.input = first
            return unsafe call(&work) {
                unsafe nghttp2_session_mem_recv($0, first + start, end - start)
            }
        }
        unsafe work.input = nil
        return note(result, expected: end - start, &work)
    }

    private func note(_ result: Int, expected: Int, _ work: inout HTTP2Workspace) -> Bool {
        if result == expected { return true }
        fail(result == Int(NGHTTP2_ERR_NOMEM.rawValue) ? .memory : .protocol, &work)
        return false
    }

    private func admit(_ frame: HTTP2FrameHeader, _ now: Int) -> HTTP2Fault? {
        let (limits, isServer) = unsafe (state.pointee.limits, state.pointee.isServer)
        return unsafe state.pointee.guarding.take(frame, isServer: isServer, now: now, limits)
    }

    /// Puts what is known of a head away while not all of its frames are here.
    private func keepHead(_ work: inout HTTP2Workspace) {
        if unsafe state.pointee.head.isActive, unsafe state.pointee.cutter.isInBlock {
            if unsafe state.pointee.heldHead == nil {
                unsafe state.pointee.heldHead = HTTP2HeldHead()
            }
            unsafe state.pointee.heldHead?.trade(&work)
        } else {
            unsafe state.pointee.head.abandon()
            unsafe state.pointee.heldHead = nil
        }
    }

    /// Ends the session for a fault of the peer's, which is told of it.
    private func fail(_ fault: HTTP2Fault, _ work: inout HTTP2Workspace) {
        unsafe withUnsafeMutablePointer(to: &work) {
            unsafe HTTP2Callbacks.fail(raw, state, $0, fault)
        }
    }

    /// Gathers frames that are to be sent behind what stands in `outgoing`, as far as there is
    /// room; false when the session is broken.
    package func gather(_ work: inout HTTP2Workspace) -> Bool {
        while work.outgoing.space >= HTTP2Workspace.frameSpace {
            var frame: UnsafePointer<UInt8>?
            let count = unsafe call(&work) { unsafe nghttp2_session_mem_send($0, &frame) }
            guard count >= 0 else {
                fail(.memory, &work)
                return false
            }
            guard count > 0, let frame = unsafe frame else { return true }
            unsafe work.outgoing.append(Span(_unsafeStart: frame, count: count))
        }
        return true
    }

    /// Ends the session: all its streams are closed, and told as such. The peer cannot have begun
    /// those whose first frame was not gathered yet: nghttp2 does not know them before.
    package func end(_ work: inout HTTP2Workspace) {
        while let node = unsafe state.pointee.streams {
            let (number, id) = unsafe (node.pointee.stream.number, node.pointee.stream.id)
            let isKnown = unsafe nghttp2_session_find_stream(raw, number) != nil
            let code = isKnown ? HTTP2Code.cancel : HTTP2Code.refusedStream
            work.closed.append(HTTP2Closed(stream: id, code: code))
            unsafe nghttp2_session_set_stream_user_data(raw, number, nil)
            unsafe withUnsafeMutablePointer(to: &work) { unsafe state.remove(node, $0) }
        }
    }

    @inline(__always)
    func call<Result>(
        _ work: inout HTTP2Workspace, _ body: (OpaquePointer) -> Result
    ) -> Result {
        unsafe withUnsafeMutablePointer(to: &work) { work in
            unsafe state.pointee.work = work
            let result = unsafe body(raw)
            unsafe state.pointee.work = nil
            return result
        }
    }
}
