internal import Kernel
internal import Telemetry

/// What the dashboard knows: the last hour, and who listens to what comes next.
package actor Dashboard {
    /// So that pages leave room for others among the places of the control API.
    package static let mostListeners = 8
    /// Seconds that may wait for a listener; who is slower is dropped.
    package static let mostWaiting = 8

    /// A lane of the moment: where it is counted, and its shares.
    struct Lane: Sendable {
        let lane: Registry.Lane
        let totals: DashboardTotals
        let set: Double
        let effective: Double
    }

    /// The seconds of the last hour, and what happened in it.
    package private(set) var history = DashboardHistory()
    package private(set) var events = DashboardEvents()
    private var hasLooked = false
    private var totals: [Registry.Lane: DashboardTotals] = [:]
    private var listeners: [Int: AsyncStream<[UInt8]>.Continuation] = [:]
    private var lastListener = 0
    /// Listeners that were too slow, and that found no place.
    package private(set) var droppedListeners = 0
    package private(set) var refusedListeners = 0

    package init() {}

    /// How things are before the first second; later it changes nothing.
    func begin(_ lanes: [Lane], _ look: DashboardEvents.Look) {
        if !hasLooked { take(lanes, look) }
    }

    /// Takes a second in.
    func take(_ lanes: [Lane], _ look: DashboardEvents.Look) {
        let now = WallClock.nanoseconds() / 1_000_000
        // What is counted in a second is told from the look before it.
        if hasLooked {
            history.append(
                lanes.map { lane in
                    let row = lane.totals.row(
                        since: totals[lane.lane] ?? lane.totals, set: lane.set,
                        effective: lane.effective)
                    return (lane.lane, row)
                }, atMilliseconds: now)
        }
        hasLooked = true
        totals = Dictionary(lanes.map { ($0.lane, $0.totals) }) { first, _ in first }
        events.look(look, atMilliseconds: now)
    }

    /// Whether anybody listens.
    package var isWatched: Bool { !listeners.isEmpty }

    /// How many listen.
    package var listenerCount: Int { listeners.count }

    /// The seconds from now on, each as an event; nil when there are listeners enough.
    package func listen() -> AsyncStream<[UInt8]>? {
        guard listeners.count < Self.mostListeners else {
            refusedListeners += 1
            return nil
        }
        lastListener += 1
        let number = lastListener
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream(
            bufferingPolicy: .bufferingOldest(Self.mostWaiting))
        continuation.onTermination = { _ in Task { await self.leave(number) } }
        listeners[number] = continuation
        return stream
    }

    /// Tells all listeners; those that have not taken what came before are dropped.
    package func tell(_ event: [UInt8]) {
        for (number, listener) in listeners {
            guard case .dropped = listener.yield(event) else { continue }
            droppedListeners += 1
            listeners[number] = nil
            listener.finish()
        }
    }

    private func leave(_ number: Int) { listeners[number] = nil }
}

extension JSONValue {
    /// An event of a stream of them (HTML, section 9.2).
    var serverSentEvent: [UInt8] { Array("data: \(JSONWriter.line(self))\n\n".utf8) }
}
