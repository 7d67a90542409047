/// How long a node waits for what.
package struct KongTimes: Sendable {
    /// Of a connection, behind an answer.
    package var idle: Duration = .seconds(75)
    /// For a whole head, also for the first one of a connection.
    package var head: Duration = .seconds(60)
    /// Between two pieces of a body.
    package var body: Duration = .seconds(60)
    /// Of a WebSocket on which nobody says anything.
    package var tunnel: Duration = .seconds(60)
    /// How long a connection that is closed behind an answer is still read: nginx's 5 s.
    package var linger: Duration = .seconds(5)
    /// From SIGHUP until new workers take over.
    package var reload: Duration = .milliseconds(850)
    /// At a start, how long the ports are bound by a configuration test: connections are accepted
    /// and reset. How long exactly is an assumption: it was some milliseconds.
    package var configurationTest: Duration = .milliseconds(5)
    /// At a start, from the configuration test until the node is up.
    package var start: Duration = .milliseconds(1_100)
    /// From the loss of the database until the node is not ready.
    package var readiness: Duration = .seconds(1)
    /// Until a change of the Admin API shows in a worker of the same cluster.
    package var propagation: ClosedRange<Duration> = .milliseconds(400)...(.milliseconds(2_500))
    /// Until it shows in a worker of another cluster.
    package var farPropagation: ClosedRange<Duration> = .milliseconds(400)...(.seconds(5))

    /// As real Kong has them.
    package static let measured = KongTimes()

    /// Every one multiplied by the factor: a hundredth makes 75 s three quarters of a second.
    package func scaled(by factor: Double) -> KongTimes {
        var times = self
        for time in Self.all { times[keyPath: time] = times[keyPath: time] * factor }
        times.propagation = propagation.lowerBound * factor...propagation.upperBound * factor
        times.farPropagation =
            farPropagation.lowerBound * factor...farPropagation.upperBound * factor
        return times
    }

    private static var all: [WritableKeyPath<KongTimes, Duration>] {
        [
            \.idle, \.head, \.body, \.tunnel, \.linger, \.reload, \.configurationTest, \.start,
            \.readiness,
        ]
    }
}
