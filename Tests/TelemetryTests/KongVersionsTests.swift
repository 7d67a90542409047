import Testing

@testable import Telemetry

/// The versions that upstreams answered with, at the workers and put together.
@Suite struct KongVersionsTests {
    /// A version as the data path packs it.
    static func packed(_ text: String) -> (high: UInt128, low: UInt128) {
        let bytes = Array(text.utf8) + Array(repeating: 0, count: 32 - text.utf8.count)
        let number = { (part: ArraySlice<UInt8>) in
            part.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        }
        return (number(bytes[..<16]), number(bytes[16...]))
    }

    private func counters(_ seen: [(String, Int64)], target: Int = 1) -> WorkerCounters {
        var counters = WorkerCounters()
        counters.growKong(upstreams: 2, lanes: 2)
        for (version, seconds) in seen {
            let packed = Self.packed(version)
            counters.kongVersionSeen(
                upstream: 1, high: packed.high, low: packed.low, target: target,
                nanoseconds: seconds * 1_000_000_000)
        }
        return counters
    }

    private func shown(_ counters: WorkerCounters) -> [String] {
        counters.kongVersions(upstream: 1).map {
            "\($0.text)@\($0.seenNanoseconds / 1_000_000_000)#\($0.target)"
        }.sorted()
    }

    @Test(arguments: [
        "3.4.1", "3.4.1.0-enterprise-edition", "12345678901234567890123456789012",
        "1234567890123456",
    ])
    func `a version is shown as it came`(text: String) {
        #expect(counters([(text, 5)]).kongVersions(upstream: 1).map(\.text) == [text])
    }

    @Test func `each is kept once, with its last answer`() {
        let counters = counters([("3.4.1", 1), ("3.4.2", 2), ("3.4.1", 3)])
        #expect(shown(counters) == ["3.4.1@3#1", "3.4.2@2#1"])
        #expect(counters.kongVersions(upstream: 0).isEmpty)
        #expect(counters.kongVersions(upstream: 7).isEmpty)
    }

    @Test func `of too many, the one that is silent the longest goes`() {
        let counters = counters([("1", 1), ("2", 2), ("3", 3), ("4", 4), ("1", 5), ("5", 6)])
        #expect(shown(counters) == ["1@5#1", "3@3#1", "4@4#1", "5@6#1"])
        var flood = counters
        for number in 0..<1_000 {
            let packed = Self.packed("9.\(number)")
            flood.kongVersionSeen(
                upstream: 1, high: packed.high, low: packed.low, target: 0,
                nanoseconds: Int64(number + 7) * 1_000_000_000)
        }
        #expect(flood.kongVersions(upstream: 1).count == KongVersions.most)
    }

    @Test func `workers are put together by the latest answer, in any order`() {
        let one = counters([("3.4.1", 9), ("3.4.2", 2)], target: 1)
        let two = counters([("3.4.1", 4), ("3.4.2", 8), ("3.5.0", 1)], target: 2)
        for pair in [[one, two], [two, one]] {
            var sum = WorkerCounters()
            for counters in pair { sum.merge(counters) }
            #expect(shown(sum) == ["3.4.1@9#1", "3.4.2@8#2", "3.5.0@1#2"])
        }
        var full = counters([("1", 11), ("2", 12), ("3", 13), ("4", 14)])
        full.merge(one)
        #expect(shown(full) == ["1@11#1", "2@12#1", "3@13#1", "4@14#1"])
    }

    @Test func `responses are counted by origin and status, and nothing without a Kong`() {
        var counters = counters([])
        for origin in ResponseOrigin.allCases {
            for _ in 0...origin.rawValue {
                counters.kongResponded(lane: 1, by: origin, code: 500 + origin.rawValue)
            }
        }
        counters.kongTook(lane: 1, nanoseconds: 3_000_000)
        counters.kongServiceTook(lane: 1, nanoseconds: 40_000_000)
        var sum = counters.copy()
        sum.merge(counters)
        #expect(sum.kongResponseCounts(lane: 1) == [2, 4, 6, 8, 10])
        #expect(sum.kongResponseCounts(lane: 0) == [0, 0, 0, 0, 0])
        #expect(sum.kongResponseCount(lane: 1, by: .kong, code: 502) == 6)
        #expect(sum.kongResponseCount(lane: 1, by: .kong, code: 501) == 0)
        #expect(sum.kongHistogram(lane: 1).sumSeconds == 0.006)
        #expect(sum.kongServiceHistogram(lane: 1).sumSeconds == 0.08)
        var plain = WorkerCounters()
        plain.grow(listeners: 1, upstreams: 2, lanes: 2)
        #expect(plain.kongLaneCount == 0)
        #expect(plain.kongResponseCounts(lane: 1) == [0, 0, 0, 0, 0])
        #expect(plain.kongResponseCount(lane: 1, by: .kong, code: 200) == 0)
        #expect(plain.kongHistogram(lane: 1).count == 0)
        #expect(plain.kongServiceHistogram(lane: 1).count == 0)
    }
}
