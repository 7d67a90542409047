internal import Kernel
internal import NIOCore

/// The places for connections to one server of the control API. They are few, so a newcomer always
/// gets one, and who has waited longest for its own client goes: nobody can keep others out by
/// holding connections open.
final class ControlRoom: Sendable {
    private struct Guest {
        let channel: any Channel
        var stage: ControlStage
        /// Since when it waits so: a number that grows.
        var since: UInt64
    }

    private struct State {
        var guests: [ObjectIdentifier: Guest] = [:]
        var lastMoment: UInt64 = 0
    }

    private let state = Lock(State())
    private let places: Int

    init(places: Int) { self.places = places }

    /// Lets a connection in, and closes another one if that is one too many. When each of the
    /// others waits for us, it is the newcomer that goes.
    func enter(_ channel: any Channel) {
        let leaving = state.withLock { state -> (any Channel)? in
            state.lastMoment += 1
            state.guests[ObjectIdentifier(channel)] = Guest(
                channel: channel, stage: .new, since: state.lastMoment)
            guard state.guests.count > places else { return nil }
            let newcomer = ObjectIdentifier(channel)
            let first = state.guests.compactMap { id, guest in
                id == newcomer
                    ? nil : guest.stage.rank.map { (id: id, rank: $0, since: guest.since) }
            }.min { ($0.rank, $0.since) < ($1.rank, $1.since) }
            return state.guests.removeValue(forKey: first?.id ?? newcomer)?.channel
        }
        guard let leaving else { return }
        leaving.eventLoop.execute { leaving.close(promise: nil) }
    }

    /// Keeps what a connection waits for now.
    func note(_ channel: any Channel, _ stage: ControlStage) {
        state.withLock { state in
            state.lastMoment += 1
            let since = state.lastMoment
            state.guests[ObjectIdentifier(channel)]?.stage = stage
            state.guests[ObjectIdentifier(channel)]?.since = since
        }
    }

    func leave(_ channel: any Channel) {
        state.withLock { _ = $0.guests.removeValue(forKey: ObjectIdentifier(channel)) }
    }
}
