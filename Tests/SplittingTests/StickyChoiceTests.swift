import Testing

@testable import Splitting

/// Who goes where, and who moves when weights change: over keys as they come in traffic, few of
/// them very often.
struct StickyChoiceTests {
    private static let secret = StickySecret("a secret for these tests only")

    private static func position(_ key: String, _ secret: StickySecret = secret) -> UInt64 {
        let bytes = Array(key.utf8)
        return secret.position(bytes.span, from: 0, to: bytes.count)
    }

    private static let keys = (0..<100_000).map { "user-\($0)" }
    private static let positions = keys.map { position($0) }

    private static func weight(_ hundredths: UInt32) -> Weight {
        Weight(hundredths: hundredths) ?? .zero
    }

    /// The keys at the candidate, by their numbers.
    private static func candidates(
        _ x: UInt32, _ y: UInt32, positions: [UInt64] = positions
    ) -> Set<Int> {
        Set(
            positions.indices.filter {
                StickyChoice.isCandidate(
                    positions[$0], candidate: weight(y), stable: weight(x))
            })
    }

    /// Weights with rising shares of the candidate, among them ones with another sum.
    private static let rising: [(x: UInt32, y: UInt32)] = [
        (100_000_000, 0), (100_000_000, 1), (9_999, 1), (9_900, 100), (7_500, 500),
        (9_000, 1_000), (6_275, 3_725), (5_000, 5_000), (1, 2), (3_333, 6_667), (1_000, 9_000),
        (1, 99_999), (0, 1), (0, 100_000_000),
    ]

    @Test func `a candidate that grows only wins keys, and shrinking gives the old ones back`() {
        let sets = Self.rising.map { Self.candidates($0.x, $0.y) }
        for (smaller, larger) in zip(sets, sets.dropFirst()) {
            #expect(smaller.isSubset(of: larger))
        }
        #expect(sets.first?.isEmpty == true)
        #expect(sets.last?.count == Self.keys.count)
        let back = Self.rising.reversed().map { Self.candidates($0.x, $0.y) }
        #expect(back == sets.reversed())
    }

    @Test func `a request's share follows Zipf, its users the weights`() {
        // Key k is asked for about 1/k of the time.
        var random = FastRandom(seed: 7)
        let draws = (0..<100_000).map { _ in
            let zipf = Self.zipf(random.next())
            return min(zipf, Self.keys.count) - 1
        }
        let small = Self.candidates(9_000, 1_000)
        let large = Self.candidates(7_500, 2_500)
        for draw in draws where small.contains(draw) { #expect(large.contains(draw)) }
        // 100,000 draws of one half chance each would be 95 off at most times in 100 by 0.002.
        #expect(abs(Double(small.count) / 100_000 - 0.1) < 0.005)
        #expect(abs(Double(large.count) / 100_000 - 0.25) < 0.005)
        let measured = draws.count { small.contains($0) }
        #expect(measured > 0 && measured < draws.count)
    }

    /// A rank from 1 on, by the inverse of the harmonic sum: 2^(u · log2 n) is dense at 1.
    private static func zipf(_ bits: UInt64) -> Int {
        let exponent = bits % 17
        return (1 << Int(exponent)) + Int(bits >> 32) % (1 << Int(exponent))
    }

    @Test func `another process with the same secret has the same sides, any other has not`() {
        // Reckoned by another program: what a restart or another machine must find as well.
        let known = ["user-0", "user-1", "user-2", "user-3"].map { Self.position($0) }
        let again = StickySecret("a secret for these tests" + " only")
        let sides = Self.candidates(1, 1)
        #expect(
            Self.candidates(1, 1, positions: Self.keys.map { Self.position($0, again) }) == sides)
        let other = StickySecret("a secret for other tests only")
        let others = Self.candidates(
            1, 1, positions: Self.keys.map { Self.position($0, other) })
        let common = sides.intersection(others).count
        #expect((20_000...30_000).contains(common))
        #expect(known == Self.writtenDown)
    }

    private static let writtenDown: [UInt64] = [
        0x87bc_4b9b_ddcf_dff5, 0xed0f_238a_0039_f6bd, 0x4913_2752_cfc0_a71f,
        0xff3c_462b_f830_7769,
    ]

    @Test(
        arguments: [
            (0, 1, 1, true), (UInt64.max, 1, 1, false), (1 << 63, 1, 1, false),
            ((1 << 63) - 1, 1, 1, true), (UInt64.max, 0, 1, true), (0, 1, 0, false),
            // The share 1 / 3 lies between two positions: floor(2^64 / 3) is the last one below it.
            (0x5555_5555_5555_5555, 200, 100, true), (0x5555_5555_5555_5556, 200, 100, false),
        ] as [(UInt64, UInt32, UInt32, Bool)])
    func `the border is exact`(position: UInt64, x: UInt32, y: UInt32, isCandidate: Bool) {
        let choice = StickyChoice.isCandidate(
            position, candidate: Self.weight(y), stable: Self.weight(x))
        #expect(choice == isCandidate)
    }
}

/// More than two members.
struct RendezvousTests {
    private static let names = ["x", "y", "z", "spare"]
    private static let secret = StickySecret("a secret for these tests only")
    private static let positions: [UInt64] = {
        var random = FastRandom(seed: 11)
        return (0..<20_000).map { _ in random.next() }
    }()

    private static func winners(_ weights: [UInt32], order: [Int] = [0, 1, 2, 3]) -> [Int] {
        positions.map { position in
            var contest = Rendezvous(position: position)
            for member in order {
                contest.enter(
                    member, seed: secret.seed(of: names[member]),
                    weight: Weight(hundredths: weights[member]) ?? .zero)
            }
            return contest.winner
        }
    }

    @Test(
        arguments: [
            ([5_000, 2_500, 2_500, 0], 1, 3_000), ([100, 100, 100, 0], 3, 1),
            ([100, 100, 100, 100], 0, 100_000_000), ([1, 0, 0, 0], 2, 1),
            ([9_000, 500, 400, 100], 3, 101),
        ] as [([UInt32], Int, UInt32)])
    func `keys move to the member that grows and nowhere else`(
        weights: [UInt32], member: Int, grown: UInt32
    ) {
        let before = Self.winners(weights)
        var larger = weights
        larger[member] = grown
        let after = Self.winners(larger)
        for (old, new) in zip(before, after) where old != new { #expect(new == member) }
        #expect(after.count { $0 == member } >= before.count { $0 == member })
        #expect(Self.winners(weights) == before)
    }

    @Test(arguments: [[5_000, 2_500, 2_500, 0], [100, 200, 300, 400], [9_000, 900, 90, 10]])
    func `each has its share of the keys`(weights: [UInt32]) {
        let winners = Self.winners(weights)
        let sum = Double(weights.reduce(0, +))
        for member in 0..<4 {
            let share = Double(winners.count { $0 == member }) / Double(winners.count)
            let expected = Double(weights[member]) / sum
            // Five times the deviation that chance has.
            let slack = 5 * (expected * (1 - expected) / Double(winners.count)).squareRoot()
            #expect(abs(share - expected) <= slack, "member \(member): \(share)")
        }
    }

    @Test func `the order of the members means nothing`() {
        let weights: [UInt32] = [100, 200, 300, 400]
        #expect(Self.winners(weights) == Self.winners(weights, order: [2, 0, 3, 1]))
    }

    @Test func `without a weight nobody wins`() {
        #expect(Self.winners([0, 0, 0, 0]).allSatisfy { $0 == -1 })
    }

    @Test func `what a member draws costs the logarithm`() {
        let unit = Double(1 << 40)
        let samples: [(drawn: UInt64, log: Double)] = [
            (0, 64), (1, 64), (2, 63), (1 << 63, 1), (3 << 62, 0.415_037_499),
            (5 << 61, 0.678_071_905),
        ]
        for sample in samples {
            let cost = Double(Rendezvous.cost(sample.drawn)) / unit
            #expect(abs(cost - sample.log) < 1e-8, "\(sample.drawn)")
        }
        #expect(Rendezvous.cost(.max) == 1)
    }
}
