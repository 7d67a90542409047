import Addressing
import Testing

@testable import Proxy

@Suite
struct ClientCountsTests {
    private static func version6(_ network: UInt64, _ host: UInt64) -> IPAddress {
        IPAddress(bits: UInt128(network) << 64 | UInt128(host))
    }

    @Test(arguments: [
        (IPAddress(ipv4: 0xc000_0201), IPAddress(ipv4: 0xc000_0201), true),
        (IPAddress(ipv4: 0xc000_0201), IPAddress(ipv4: 0xc000_0202), false),
        (version6(0x2001_0db8_0000_0001, 1), version6(0x2001_0db8_0000_0001, 1), true),
        (version6(0x2001_0db8_0000_0001, 1), version6(0x2001_0db8_0000_0001, .max), true),
        (version6(0x2001_0db8_0000_0001, 1), version6(0x2001_0db8_0000_0002, 1), false),
        // ::1 and the addresses that stand for IPv4 have their first 64 bits in common.
        (version6(0, 1), IPAddress(ipv4: 1), false), (version6(0, 1), version6(0, 2), true),
    ])
    func `an IPv4 address is a client, and so is a network of IPv6`(
        one: IPAddress, other: IPAddress, isSame: Bool
    ) {
        let counts = ClientCounts()
        #expect(counts.take(one, below: 1))
        #expect(counts.take(other, below: 1) == !isSame)
        #expect(counts.count(of: other) == 1)
        counts.release(one)
        if !isSame { counts.release(other) }
        #expect(counts.clientCount == 0)
    }

    @Test
    func `a client that is over its limit is counted as often as it was let in`() {
        let counts = ClientCounts()
        let client = IPAddress(ipv4: 1)
        for _ in 0..<3 { counts.add(client) }
        #expect(!counts.take(client, below: 3))
        #expect(!counts.take(client, below: 1))
        #expect(counts.take(client, below: 4))
        #expect(counts.count(of: client) == 4)
        for left in [3, 2, 1, 0] {
            counts.release(client)
            #expect(counts.count(of: client) == left)
        }
        #expect(counts.clientCount == 0)
    }

    @Test
    func `many threads and many clients: no more than the limit, and nothing left behind`() async {
        let counts = ClientCounts()
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var taken = 0
                    for number in 0..<20_000 {
                        let client = IPAddress(ipv4: UInt32(number % 500))
                        if counts.take(client, below: 7) { taken += 1 }
                    }
                    return taken
                }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 500 * 7)
        #expect(counts.clientCount == 500)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<7 {
                group.addTask {
                    for number in 0..<500 { counts.release(IPAddress(ipv4: UInt32(number))) }
                }
            }
        }
        #expect(counts.clientCount == 0)
    }
}
