internal import CLinux

/// Why a system call failed (errno(3)).
package struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number, as errno.h names it.
    package let code: Int32

    package init(code: Int32) { self.code = code }

    /// From the result of a call that reports its error as a negated errno.
    init(result: Int) { code = Int32(-result) }

    /// The errors that somebody tells apart.
    package static let connectionRefused = Errno(code: ECONNREFUSED)
    package static let connectionReset = Errno(code: ECONNRESET)
    package static let brokenPipe = Errno(code: EPIPE)
    package static let timedOut = Errno(code: ETIMEDOUT)
    package static let hostUnreachable = Errno(code: EHOSTUNREACH)
    package static let networkUnreachable = Errno(code: ENETUNREACH)
    package static let tooManyOpenFiles = Errno(code: EMFILE)
    package static let tooManyOpenFilesInSystem = Errno(code: ENFILE)
    package static let noBufferSpace = Errno(code: ENOBUFS)
    package static let outOfMemory = Errno(code: ENOMEM)
    package static let addressInUse = Errno(code: EADDRINUSE)
    package static let addressNotAvailable = Errno(code: EADDRNOTAVAIL)
    package static let noSuchFile = Errno(code: ENOENT)
    package static let readOnlyFileSystem = Errno(code: EROFS)
    package static let heldByOther = Errno(code: EWOULDBLOCK)
    package static let noSpace = Errno(code: ENOSPC)
    package static let permissionDenied = Errno(code: EACCES)

    /// The system's words for it.
    package var description: String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
