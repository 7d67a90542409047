internal import CLinux

/// Tells when something in a few folders changes (inotify(7)).
package struct Inotify: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Watches nothing until `watch`; fails when the system has no instance left.
    package init() throws(Errno) {
        let result = sluice_inotify()
        guard result >= 0 else { throw Errno(result: result) }
        descriptor = Int32(result)
    }

    /// Takes over an open descriptor.
    package init(owning descriptor: Int32) { self.descriptor = descriptor }

    /// Gives the open descriptor away; it is the caller's to close.
    package consuming func release() -> Int32 {
        let released = descriptor
        discard self
        return released
    }

    deinit { _ = sluice_close(descriptor) }

    /// Watches the names in a folder: files that were written and closed, renamed, made or
    /// removed. Watching a folder again changes nothing.
    package func watch(folder: String) throws(Errno) {
        let events =
            IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE
            | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
        let result = unsafe inotify_add_watch(descriptor, folder, UInt32(events))
        guard result >= 0 else { throw Errno(code: sluice_errno()) }
    }

    /// Waits at most so long for an event, and takes all that came; whether there were any.
    package func wait(milliseconds: Int32) -> Bool {
        guard sluice_wait_readable(descriptor, milliseconds) > 0 else { return false }
        var isAny = false
        while sluice_drain(descriptor) > 0 { isAny = true }
        return isAny
    }
}
