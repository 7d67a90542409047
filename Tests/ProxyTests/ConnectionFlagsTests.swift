import Testing

@testable import Proxy

struct ConnectionFlagsTests {
    @Test func `no two flags of a connection are one`() {
        let flags: [Connection.Flags] = [
            .readable,
            .writeBlocked,
            .peerEnded,
            .connecting,
            .lingering,
            .deferred,
            .pooled,
            .headBegan,
            .inTrailers,
            .broken,
            .cut,
            .spliced,
            .announced,
            .framesWaiting,
            .bodiless,
        ]
        #expect(flags.allSatisfy { $0.rawValue.nonzeroBitCount == 1 })
        #expect(Set(flags.map(\.rawValue)).count == flags.count)
    }
}
