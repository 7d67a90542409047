internal import CLinux

/// A pipe through which bytes go from one socket to another without being copied (splice(2)).
package struct Pipe: ~Copyable, Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32
    /// How many bytes it takes at most.
    package let capacity: Int
    /// How many bytes are in it.
    package private(set) var count = 0

    /// Opens a pipe of about so many bytes; fails when descriptors or memory are gone.
    package init(capacity: Int) throws(Errno) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = unsafe withUnsafeMutablePointer(to: &ends) {
            unsafe $0.withMemoryRebound(to: Int32.self, capacity: 2) {
                unsafe sluice_pipe($0, Int32(capacity))
            }
        }
        guard result >= 0 else { throw Errno(result: result) }
        (readEnd, writeEnd) = ends
        self.capacity = result
    }

    deinit {
        _ = sluice_close(readEnd)
        _ = sluice_close(writeEnd)
    }

    /// Moves what waits at a socket into the pipe, which must be empty: a full one could not be
    /// told from a socket at which nothing waits.
    package mutating func fill(from socket: borrowing Socket) -> IOResult {
        precondition(count == 0, "a pipe is filled when it is empty")
        let result = IOResult(
            receiving: sluice_splice(socket.descriptor, writeEnd, capacity))
        if case .done(let moved) = result { count = moved }
        return result
    }

    /// Moves what is in the pipe on to a socket, as much as that takes.
    package mutating func drain(to socket: borrowing Socket) -> IOResult {
        precondition(count > 0, "nothing is in the pipe")
        let result = IOResult(sending: sluice_splice(readEnd, socket.descriptor, count))
        if case .done(let moved) = result { count -= moved }
        return result
    }
}
