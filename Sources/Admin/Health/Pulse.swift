internal import Kernel

/// Turns something again and again: when it is told to, and at the moment that the last turn named.
final class Pulse: Sendable {
    /// Turns are at least so far apart, so that many small events become one.
    private static let shortestMilliseconds = 20

    private let beats: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (beats, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks for a turn, soon.
    func beat() { continuation.yield() }

    /// Turns until the task is cancelled; only once at a time for a pulse.
    nonisolated(nonsending) func run(
        _ turn: nonisolated(nonsending) () async -> Instant?
    ) async {
        var alarm: Task<Void, Never>?
        for await _ in beats {
            alarm?.cancel()
            let next = await turn()
            guard (try? await Task.sleep(for: .milliseconds(Self.shortestMilliseconds))) != nil
            else { break }
            guard let next else { continue }
            alarm = Task { [continuation] in
                let wait = next.nanoseconds - Instant.now().nanoseconds
                if wait > 0, (try? await Task.sleep(for: .nanoseconds(wait))) == nil { return }
                continuation.yield()
            }
        }
        alarm?.cancel()
    }
}
