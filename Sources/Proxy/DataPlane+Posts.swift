internal import Kernel

/// What workers tell of without being asked.
extension DataPlane {
    /// What workers post to a handler, for one listener at a time. When that one is slow the oldest
    /// are lost.
    static func posts<Post: Sendable>(
        to handler: Lock<(@Sendable (Post) -> Void)?>
    ) -> AsyncStream<Post> {
        let (posts, continuation) = AsyncStream<Post>.makeStream(
            bufferingPolicy: .bufferingNewest(Limits.keptReports))
        handler.withLock { $0 = { continuation.yield($0) } }
        return posts
    }
}
