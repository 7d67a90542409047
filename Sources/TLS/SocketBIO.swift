internal import Bytes
internal import CLinux
internal import COpenSSL

/// OpenSSL's way to a socket: reads come from it, writes go to the workspace of the call.
enum SocketBIO {
    @safe
    private struct Method: @unchecked Sendable {
        let pointer: OpaquePointer?

        init() { unsafe pointer = SocketBIO.makeMethod() }
    }

    private static let method = Method()

    /// A new one; nil when there is no memory.
    static func make() -> OpaquePointer? {
        guard let method = unsafe method.pointer, let bio = unsafe BIO_new(method) else {
            return nil
        }
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }

    private static func makeMethod() -> OpaquePointer? {
        let kind = Int32(BIO_TYPE_SOURCE_SINK) | BIO_get_new_index()
        guard let method = unsafe BIO_meth_new(kind, "sluice socket") else { return nil }
        unsafe BIO_meth_set_read_ex(method) { bio, bytes, count, done in
            unsafe SocketBIO.read(bio, bytes, count, done)
        }
        unsafe BIO_meth_set_write_ex(method) { bio, bytes, count, done in
            unsafe SocketBIO.write(bio, bytes, count, done)
        }
        unsafe BIO_meth_set_ctrl(method) { bio, command, _, _ in
            unsafe SocketBIO.control(bio, command)
        }
        return unsafe method
    }

    private static func workspace(
        of bio: OpaquePointer?
    ) -> UnsafeMutablePointer<TLSWorkspace>? {
        unsafe BIO_get_data(bio)?.assumingMemoryBound(to: TLSWorkspace.self)
    }

    private static func read(
        _ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
        _ done: UnsafeMutablePointer<Int>?
    ) -> Int32 {
        unsafe sluice_bio_clear(bio)
        guard let workspace = unsafe workspace(of: bio), let bytes = unsafe bytes else {
            return 0
        }
        let result = unsafe sluice_receive(workspace.pointee.descriptor, bytes, count)
        if result > 0 {
            unsafe workspace.pointee.hasEmptiedSocket = result < count
            if unsafe !workspace.pointee.hasReceived {
                unsafe workspace.pointee.hasReceived = true
                unsafe workspace.pointee.firstByte = UInt8(bitPattern: bytes[0])
            }
            unsafe done?.pointee = result
            return 1
        }
        if result == Int(-EAGAIN) {
            unsafe workspace.pointee.hasEmptiedSocket = true
            unsafe sluice_bio_want_read(bio)
        } else if result == 0 {
            unsafe workspace.pointee.hasEnded = true
        } else {
            unsafe workspace.pointee.error = Int32(-result)
        }
        return 0
    }

    private static func write(
        _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int,
        _ done: UnsafeMutablePointer<Int>?
    ) -> Int32 {
        unsafe sluice_bio_clear(bio)
        guard let workspace = unsafe workspace(of: bio), let bytes = unsafe bytes,
            unsafe count <= workspace.pointee.outgoing.space
        else { return 0 }
        _ = unsafe workspace.pointee.outgoing.fill { to, _ in
            unsafe memcpy(to, bytes, count)
            return count
        }
        unsafe done?.pointee = count
        return 1
    }

    private static func control(_ bio: OpaquePointer?, _ command: Int32) -> Int {
        switch command {
        case BIO_CTRL_FLUSH: return 1
        case BIO_CTRL_EOF:
            let hasEnded = unsafe workspace(of: bio)?.pointee.hasEnded ?? false
            return hasEnded ? 1 : 0
        default: return 0
        }
    }
}
