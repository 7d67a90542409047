package import Bytes
internal import CLinux

/// A file that only grows, or a pipe, that log lines are written to (open(2), O_APPEND); closed
/// when it goes out of existence.
package struct LogFile: ~Copyable, Sendable {
    /// What a log file that is made may be used for: by its owner to write, by its group to read.
    private static let mode: mode_t = 0o640

    private let descriptor: Int32
    /// Whether a write waits for nobody but the disk. A pipe, a terminal and a socket have a
    /// reader who may be slow, and other writers.
    package let isRegular: Bool

    /// Opens a file, and makes it when there is none.
    package init(path: String) throws(Errno) {
        let result = unsafe sluice_open_log(path, Self.mode)
        guard result >= 0 else { throw Errno(result: result) }
        self.init(owning: Int32(result))
    }

    /// Takes over an open descriptor.
    package init(owning descriptor: Int32) {
        self.descriptor = descriptor
        isRegular = sluice_is_regular_file(descriptor) != 0
    }

    deinit { _ = sluice_close(descriptor) }

    /// What the process's standard output goes to; fails when that is closed.
    package static func standardOutput() throws(Errno) -> LogFile {
        let result = sluice_duplicate(STDOUT_FILENO)
        guard result >= 0 else { throw Errno(result: result) }
        return LogFile(owning: Int32(result))
    }

    /// Gives the open descriptor away; it is the caller's to close.
    package consuming func release() -> Int32 {
        let released = descriptor
        discard self
        return released
    }

    /// As much as one write to a pipe puts there in one piece, or not at all (PIPE_BUF, pipe(7)).
    package static var mostInOnePiece: Int { 4_096 }

    /// Writes `count` bytes of `buffer`, or fewer. To what is not regular at most `mostInOnePiece`
    /// are written; it is asked first whether it takes any, since it may be shared with others who
    /// want its writes to wait.
    package func write(_ buffer: borrowing Buffer, from: Int, count: Int) -> IOResult {
        precondition(from >= 0 && count > 0 && from + count <= buffer.count)
        var count = count
        if !isRegular {
            if sluice_wait_either(-1, descriptor, 0) == 0 { return .wouldBlock }
            count = min(count, Self.mostInOnePiece)
        }
        let result = unsafe buffer.read { bytes, _ in
            unsafe sluice_write(descriptor, bytes + from, count)
        }
        // What standard output was opened as is not ours to trap about.
        if result < 0, result != Int(-EAGAIN) { return .failed(Errno(result: result)) }
        return IOResult(sending: result)
    }

    /// Waits until `bell` is raised, or the file takes bytes again if that `isWanted`; at most
    /// `milliseconds` (-1: without end).
    package func wait(
        for bell: borrowing EventCounter, orToWrite isWanted: Bool, milliseconds: Int32
    ) {
        _ = sluice_wait_either(bell.descriptor, isWanted ? descriptor : -1, milliseconds)
    }
}
