import Bytes
import Kernel
import Telemetry
import Testing

@testable import Proxy

extension Stage {
    /// How many places are taken at each target that has, or had, a limit, in the order of their
    /// ids.
    var placesTaken: [UInt64] {
        plane.foundation.withLock { foundation in
            foundation.places.sorted { $0.key < $1.key }.map(\.value.current)
        }
    }

    /// How many exchanges each upstream's queue counts.
    var queueCounts: [UInt64] {
        plane.foundation.withLock { foundation in
            foundation.queues.sorted { $0.key < $1.key }.map(\.value.count.current)
        }
    }

    /// Waits until no place is taken any more. One comes back behind the answer's last byte, so
    /// that the client may be quicker, or is on its way between two workers.
    func awaitAllPlaces() async {
        let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
        while placesTaken.contains(where: { $0 > 0 }), Instant.now() < deadline { await settle() }
    }

    /// Waits until nothing is left under way, checks that no place was lost, and stops.
    func endWithoutPlaces(sourceLocation: SourceLocation = #_sourceLocation) async {
        _ = await counters(until: isAtRest)
        await awaitAllPlaces()
        #expect(placesTaken.allSatisfy { $0 == 0 }, sourceLocation: sourceLocation)
        #expect(queueCounts.allSatisfy { $0 == 0 }, sourceLocation: sourceLocation)
        await end(sourceLocation: sourceLocation)
    }
}

extension Stage {
    /// The number that the split's sequence gives out next: how many choices there were.
    var sequenceNumber: UInt64 {
        plane.foundation.withLock { $0.seeds["kong"]?.sequence.value ?? 0 }
    }
}
