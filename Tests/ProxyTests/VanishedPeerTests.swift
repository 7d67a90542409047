import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// Peers that are gone without a word: no end, no reset, no answer of their system.
    @Suite
    struct VanishedPeerTests {
        @Test
        func `a tunnel's peer that vanished is found long before the tunnel's own time is over`()
            async throws
        {
            let target = try Target()
            // The peers are looked for within 5 s; the test's patience is shorter than 25 s.
            let stage = try await Stage(
                [[target.port]], client: ListenerTimeouts(tunnelMilliseconds: 25_000))
            var pairs: [(vanished: Peer, other: Peer)] = []
            for isClient in [true, false] {
                for isSpokenTo in [true, false] {
                    let client = try stage.client()
                    let upstream = try IdleTests.tunnel(from: client, to: target)
                    let pair = isClient ? (client, upstream) : (upstream, client)
                    pairs.append(pair)
                    pair.0.vanish()
                    if isSpokenTo { pair.1.send("are you there?") }
                }
            }
            for pair in pairs { #expect(pair.other.receiveAll() != .late) }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.requestCount(lane: 0, code: 101) == 4)
            for pair in pairs { pair.vanished.close() }
            await stage.end()
        }
    }
}
