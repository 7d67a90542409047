internal import NIOPosix

/// Runs what waits for the disk on threads of its own, so that a slow disk holds up nobody else.
package struct DiskQueue: Sendable {
    private let work: @Sendable (@escaping @Sendable () -> Void) -> Void

    /// Queues work in a way of the caller's; tests hold it back.
    package init(_ work: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.work = work
    }

    /// The process's threads for blocking work.
    package static let threads = DiskQueue { body in
        NIOThreadPool.singleton.submit { _ in body() }
    }

    /// Runs `body` there and returns what it returns.
    package func run<Result: Sendable>(
        _ body: @escaping @Sendable () -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            work { continuation.resume(returning: body()) }
        }
    }
}
