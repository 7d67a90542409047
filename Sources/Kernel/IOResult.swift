internal import CLinux

/// What one read or write on a non-blocking descriptor did.
package enum IOResult: Equatable, Sendable {
    /// So many bytes went through; at least one.
    case done(Int)
    /// Nothing now; the descriptor's next event says when.
    case wouldBlock
    /// The peer has sent its last byte (reads only).
    case ended
    /// The connection is broken.
    case failed(Errno)

    /// Whether it is `ended`, without asking a witness of Equatable.
    @inline(__always)
    package var isEnd: Bool { if case .ended = self { true } else { false } }

    @inline(__always)
    init(receiving result: Int) {
        if result > 0 {
            self = .done(result)
        } else if result == 0 {
            self = .ended
        } else {
            self = .init(failing: result)
        }
    }

    @inline(__always)
    init(sending result: Int) {
        self = result >= 0 ? .done(result) : .init(failing: result)
    }

    private init(failing result: Int) {
        if result == Int(-EAGAIN) {
            self = .wouldBlock
            return
        }
        precondition(result != Int(-EBADF), "a descriptor was used after its end")
        self = .failed(Errno(result: result))
    }
}
