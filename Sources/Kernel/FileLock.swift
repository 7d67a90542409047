internal import CLinux

/// A file that one process at a time has to itself (flock(2)); given back when the last
/// reference goes, and by the system when the process ends in whatever way.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, and makes the file when there is none; `heldByOther` when somebody else
    /// has it.
    package init(_ path: String) throws(Errno) {
        let opened = unsafe sluice_open(path, O_RDWR | O_CREAT)
        guard opened >= 0 else { throw Errno(result: opened) }
        let result = sluice_lock(Int32(opened))
        guard result >= 0 else {
            _ = sluice_close(Int32(opened))
            throw Errno(result: result)
        }
        descriptor = Int32(opened)
    }

    deinit { _ = sluice_close(descriptor) }
}
