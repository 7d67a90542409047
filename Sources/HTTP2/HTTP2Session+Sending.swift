package import Bytes
internal import CNGHTTP2

/// Messages on their way to the peer.
extension HTTP2Session {
    /// What a write came to.
    package enum Write: Equatable, Sendable {
        /// So many bytes were taken; with fewer than there were, `writable` tells when to go on.
        case taken(Int)
        /// The stream is over, what should be a head is none, or there is no memory.
        case broken
    }

    /// What a request to open a stream came to.
    package enum Opening: Equatable, Sendable {
        /// The stream has this number.
        case opened(Int32)
        /// The head is larger than the peer takes (SETTINGS_MAX_HEADER_LIST_SIZE): for it alone
        /// the peer may end the connection with all its streams.
        case headTooLarge
        /// The peer takes no more, or the head is none.
        case refused
    }

    /// Opens a stream with the head of a request, which ends with its empty line; `isLast`: it has
    /// no body; `isOfAnySize`: whatever the peer says that it takes.
    package func open(
        _ head: Span<UInt8>, scheme: StaticString, tag: Int32, isLast: Bool,
        isOfAnySize: Bool = false, _ work: inout HTTP2Workspace
    ) -> Opening {
        guard takesRequests, streamCount < mostStreams else { return .refused }
        return unsafe head.withUnsafeBufferPointer { bytes -> Opening in
            guard let base = bytes.baseAddress else { return .refused }
            return unsafe withUnsafeMutablePointer(to: &work) { work -> Opening in
                var writer = unsafe HTTP2HeadWriter(state, work, base, bytes.count)
                guard unsafe writer.request(scheme: scheme), unsafe writer.headEnd == bytes.count
                else { return .refused }
                let most = isOfAnySize ? .max : mostListBytes
                if most < UInt32.max, unsafe writer.listBytes > most { return .headTooLarge }
                let (fields, count) = unsafe (writer.fields, writer.count)
                let isUpgrade = unsafe writer.isUpgrade
                let hasNoBody = isLast && !isUpgrade
                let number = unsafe withUnsafePointer(to: Self.bodyProvider) { provider in
                    unsafe nghttp2_submit_request(
                        raw, nil, fields, count, hasNoBody ? nil : provider, nil)
                }
                guard number > 0 else { return .refused }
                // The request is sent by what is gathered next: the stream is there from then on.
                guard let node = unsafe state.add(number) else { return .refused }
                unsafe node.pointee.stream.tag = tag
                unsafe node.pointee.stream.owesHead = false
                unsafe node.pointee.stream.hasEnded = hasNoBody
                unsafe node.pointee.stream.isHead = writer.isHead
                unsafe node.pointee.stream.isUpgrade = isUpgrade
                unsafe nghttp2_session_set_stream_user_data(raw, number, node)
                return .opened(number)
            }
        }
    }

    /// Gives a stream that the peer has opened the owner's own number.
    package func adopt(_ number: Int32, tag: Int32) {
        unsafe node(number)?.pointee.stream.tag = tag
    }

    /// Sends bytes of a message as HTTP/1.1 writes them, but for the framing of the body: the head
    /// of an answer, whole and first, then its body. `isLast`: the message ends with these bytes.
    package func write(
        _ bytes: Span<UInt8>, from start: Int, to number: Int32, isLast: Bool,
        _ work: inout HTTP2Workspace
    ) -> Write {
        guard let node = unsafe node(number), unsafe !node.pointee.stream.hasEnded else {
            return .broken
        }
        var at = start
        while unsafe node.pointee.stream.owesHead, at < bytes.count {
            let count = unsafe submitHead(node, bytes, at, isLast, &work)
            guard count > 0 else { return .broken }
            at += count
        }
        let count = unsafe append(bytes, at, bytes.count - at, to: node, &work)
        guard count >= 0 else { return .broken }
        at += count
        if at < bytes.count {
            unsafe node.pointee.stream.isAwaited = true
        } else if isLast {
            finish(number)
        }
        return .taken(at - start)
    }

    /// As above, with `count` bytes of a buffer.
    package func write(
        _ buffer: borrowing Buffer, from start: Int, count: Int, to number: Int32, isLast: Bool,
        _ work: inout HTTP2Workspace
    ) -> Write {
        write(
            buffer.bytes.extracting(start..<start + count), from: 0, to: number, isLast: isLast,
            &work)
    }

    /// Ends a message: nothing comes behind what was written.
    package func finish(_ number: Int32) {
        guard let node = unsafe node(number), unsafe !node.pointee.stream.hasEnded else { return }
        unsafe node.pointee.stream.hasEnded = true
        unsafe resume(node)
    }

    /// Ends a message with trailers, which end with an empty line; false when they do not fit yet,
    /// and `writable` tells when to try again.
    package func finish(
        _ number: Int32, trailers: Span<UInt8>, _ work: inout HTTP2Workspace
    ) -> Bool {
        guard let node = unsafe node(number), unsafe !node.pointee.stream.hasEnded else {
            return true
        }
        guard trailers.count <= HTTP2Workspace.outboxBytes else {
            finish(number)
            return true
        }
        if unsafe Self.room(node) < trailers.count {
            unsafe node.pointee.stream.isAwaited = true
            return false
        }
        if unsafe append(trailers, 0, trailers.count, to: node, &work) > 0 {
            unsafe node.pointee.stream.trailerCount = trailers.count
        }
        finish(number)
        return true
    }

    /// Whether the length of a message's body is not told by its head: where the text of the head
    /// says that it comes in chunks.
    package func isOpenEnded(_ number: Int32) -> Bool {
        guard let node = unsafe node(number) else { return false }
        return unsafe node.pointee.stream.isOpenEnded
    }

    /// Whether a client's request is a call of gRPC.
    package func isGRPC(_ number: Int32) -> Bool {
        guard let node = unsafe node(number) else { return false }
        return unsafe node.pointee.stream.isGRPC
    }

    /// Whether the head of an answer is still to be written.
    package func owesHead(_ number: Int32) -> Bool {
        guard let node = unsafe node(number) else { return false }
        return unsafe node.pointee.stream.owesHead
    }

    /// How many bytes of a message wait for the peer.
    package func waitingCount(_ number: Int32) -> Int {
        guard let node = unsafe node(number) else { return 0 }
        return unsafe node.pointee.stream.waitingCount
    }

    /// What still comes of a message is not wanted: it is thrown away, and the stream ends with
    /// ours.
    package func discardRest(_ number: Int32) {
        guard let node = unsafe node(number) else { return }
        let unread = unsafe Int(node.pointee.stream.unread)
        unsafe node.pointee.stream.discardsRest = true
        unsafe node.pointee.stream.isRefused = true
        haveRead(unread, of: number)
    }

    /// Ends a stream at once, for a reason of RFC 9113 section 7.
    package func reset(_ number: Int32, code: UInt32) {
        unsafe node(number)?.pointee.stream.isReset = true
        unsafe nghttp2_submit_rst_stream(raw, 0, number, code)
    }

    /// The owner has read so much of a stream's body: the peer may send so much more.
    package func haveRead(_ count: Int, of number: Int32) {
        guard let node = unsafe node(number) else { return }
        unsafe node.pointee.stream.unread -= Int32(count)
        unsafe nghttp2_session_consume_stream(raw, number, count)
    }

    /// Tells the peer that the connection closes soon, and which of its streams are still served:
    /// at first all, the second time those that are here (RFC 9113 section 6.8).
    package func goAway() {
        unsafe state.pointee.goAwaySteps += 1
        if goAwaySteps == 1 {
            unsafe nghttp2_submit_shutdown_notice(raw)
        } else if goAwaySteps == 2 {
            let last = unsafe nghttp2_session_get_last_proc_stream_id(raw)
            unsafe nghttp2_submit_goaway(raw, 0, last, HTTP2Code.none, nil, 0)
        }
    }

    /// How often the peer was told so.
    package var goAwaySteps: Int { unsafe state.pointee.goAwaySteps }

    /// Asks the peer for a sign of life.
    package func ping() { unsafe nghttp2_submit_ping(raw, 0, nil) }

    /// How many streams the peer lets us have open at once.
    package var mostStreams: UInt32 {
        unsafe nghttp2_session_get_remote_settings(
            raw, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
    }

    /// The largest head that the peer takes, by RFC 9113 section 6.5.2.
    private var mostListBytes: UInt32 {
        unsafe nghttp2_session_get_remote_settings(
            raw, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE)
    }

    /// Whether the peer takes another request.
    package var takesRequests: Bool { unsafe nghttp2_session_check_request_allowed(raw) != 0 }
}

extension HTTP2Session {
    private static var bodyProvider: nghttp2_data_provider {
        unsafe nghttp2_data_provider(
            source: nghttp2_data_source(),
            read_callback: { session, number, _, room, flags, _, user in
                unsafe HTTP2Callbacks.readBody(session, number, room, flags, user)
            })
    }

    func node(_ number: Int32) -> UnsafeMutablePointer<HTTP2StreamNode>? {
        if let known = unsafe nghttp2_session_get_stream_user_data(raw, number) {
            return unsafe known.assumingMemoryBound(to: HTTP2StreamNode.self)
        }
        // nghttp2 knows a stream of ours when its first frame was gathered.
        return unsafe state.find(number)
    }

    /// Submits the head that stands at `from`, and returns its length; 0 where there is none.
    private func submitHead(
        _ node: UnsafeMutablePointer<HTTP2StreamNode>, _ bytes: Span<UInt8>, _ from: Int,
        _ isLast: Bool, _ work: inout HTTP2Workspace
    ) -> Int {
        let number = unsafe node.pointee.stream.number
        return unsafe bytes.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return 0 }
            return unsafe withUnsafeMutablePointer(to: &work) { work in
                var writer = unsafe HTTP2HeadWriter(state, work, base + from, all.count - from)
                let isUpgrade = unsafe node.pointee.stream.isUpgrade
                guard unsafe writer.response(isUpgrade: isUpgrade) else { return 0 }
                let end = unsafe writer.headEnd
                if unsafe writer.status / 100 == 1 {
                    let result = unsafe nghttp2_submit_headers(
                        raw, 0, number, nil, writer.fields, writer.count, nil)
                    return result == 0 ? end : 0
                }
                unsafe node.pointee.stream.owesHead = false
                let isWhole = isLast && from + end == all.count
                let hasNoBody = unsafe isWhole || node.pointee.stream.isHead
                if hasNoBody { unsafe node.pointee.stream.hasEnded = true }
                // Nothing but a head is the trailers of a call: its fields are what the caller
                // gets to see, and that length was none of the server's.
                if unsafe isWhole && node.pointee.stream.isGRPC { unsafe writer.dropLength() }
                let (fields, count) = unsafe (writer.fields, writer.count)
                let result = unsafe withUnsafePointer(to: Self.bodyProvider) { provider in
                    unsafe nghttp2_submit_response(
                        raw, number, fields, count, hasNoBody ? nil : provider)
                }
                return result == 0 ? end : 0
            }
        }
    }

    private static func room(_ node: UnsafeMutablePointer<HTTP2StreamNode>) -> Int {
        let waiting = unsafe node.pointee.stream.waitingCount
        return HTTP2Workspace.outboxBytes - waiting
    }

    /// Puts bytes into the outbox, as many as there is room for; -1 when there is no memory.
    private func append(
        _ bytes: Span<UInt8>, _ from: Int, _ wanted: Int,
        to node: UnsafeMutablePointer<HTTP2StreamNode>, _ work: inout HTTP2Workspace
    ) -> Int {
        let count = unsafe min(wanted, Self.room(node))
        guard count > 0 else { return 0 }
        guard var outbox = unsafe node.pointee.stream.outbox.take() ?? work.pool.take() else {
            return -1
        }
        if outbox.space < count { outbox.compact() }
        outbox.append(bytes, from: from, to: from + count)
        unsafe node.pointee.stream.outbox = consume outbox
        unsafe resume(node)
        return count
    }

    private func resume(_ node: UnsafeMutablePointer<HTTP2StreamNode>) {
        guard unsafe node.pointee.stream.isDeferred else { return }
        unsafe node.pointee.stream.isDeferred = false
        unsafe nghttp2_session_resume_data(raw, node.pointee.stream.number)
    }
}
