import Kernel
import Proxy
import Telemetry
import Testing

@Suite struct OpeningTalesTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    @Test func `of each kind and place one is told of, with the number of those before it`() {
        var tales = OpeningTales()
        let fault = OpeningFault.handshake(.garbage)
        #expect(tales.untold(before: fault, at: .listener(1), now: start) == 0)
        for seconds in 1...9 {
            let now = start.advanced(byMilliseconds: seconds * 1_000)
            #expect(tales.untold(before: fault, at: .listener(1), now: now) == nil)
        }
        let later = start.advanced(byMilliseconds: 10_000)
        #expect(tales.untold(before: fault, at: .listener(1), now: later) == 9)
        #expect(tales.untold(before: fault, at: .listener(1), now: later) == nil)
        let last = start.advanced(byMilliseconds: 20_000)
        #expect(tales.untold(before: fault, at: .listener(1), now: last) == 1)
    }

    @Test func `kinds and places have nothing to do with each other`() {
        var tales = OpeningTales()
        let faults: [OpeningFault] = [
            .handshake(.garbage), .handshake(.closed), .proxyHeader(.closed), .clientHello(.closed),
        ]
        for place in [OpeningPlace.listener(0), .listener(1), .target(0)] {
            for fault in faults {
                #expect(tales.untold(before: fault, at: place, now: start) == 0, "\(fault)")
                #expect(tales.untold(before: fault, at: place, now: start) == nil, "\(fault)")
            }
        }
    }
}
