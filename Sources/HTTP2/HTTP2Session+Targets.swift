package import Bytes
internal import CNGHTTP2

/// What sessions with servers are asked and told besides.
extension HTTP2Session {
    /// Whether the peer's first SETTINGS are here: it does speak HTTP/2, and its limits are known.
    package var hasPeerSettings: Bool { unsafe state.pointee.hasPeerSettings }

    /// Whether the peer changes to other protocols (RFC 8441).
    package var takesUpgrades: Bool {
        unsafe nghttp2_session_get_remote_settings(
            raw, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1
    }

    /// Opens a stream with the head of a request, all that stands in a buffer.
    package func open(
        _ head: borrowing Buffer, scheme: StaticString, tag: Int32, isLast: Bool,
        _ work: inout HTTP2Workspace
    ) -> Opening {
        open(head.bytes, scheme: scheme, tag: tag, isLast: isLast, &work)
    }

    /// Lets the peer send so much of a stream's body before any of it is read.
    package func setWindow(_ window: Int32, of number: Int32) {
        guard let node = unsafe node(number), unsafe node.pointee.stream.window < window else {
            return
        }
        unsafe node.pointee.stream.window = window
        unsafe nghttp2_session_set_local_window_size(raw, 0, number, window)
    }

    /// The owner has done with a stream, the peer has not said so yet: what still comes of it is
    /// thrown away.
    package func forget(_ number: Int32) {
        guard let node = unsafe node(number) else { return }
        unsafe node.pointee.stream.tag = -1
        unsafe node.pointee.stream.isRefused = true
        haveRead(Int(unsafe node.pointee.stream.unread), of: number)
    }

    /// Tells the peer that nothing more comes: the session is over when that was sent.
    package func terminate() {
        unsafe nghttp2_session_terminate_session(raw, HTTP2Code.none)
    }
}
