import Splitting
import Testing

private let exactSplits = [
    ["99.99", "0.01"], ["1", "99"], ["90", "10"], ["33.33", "66.67"], ["37.25", "62.75"],
    ["50", "50"], ["66.67", "33.33"], ["0.01", "99.99"], ["1000000", "0.01"],
    ["60", "30", "10"], ["33.33", "33.33", "33.34"], ["0.01", "50", "49.99"],
    ["5", "10", "15", "20", "50"], ["20", "20", "20", "20", "20"],
    ["0.01", "99", "0.5", "0.24", "0.25"],
]

private let starts: [UInt64] = [
    0, 7_919, (1 << 32) - 10_000, (1 << 63) - 10_000, UInt64.max - 20_000,
]

@Suite struct SplitPlanTests {
    /// Over a run of numbers a member's count strays from its exact share, up and down. The
    /// largest difference between two points of the run is the error of the worst window in it.
    @Test(arguments: exactSplits, starts)
    func `every window of up to 20,000 choices is exact`(texts: [String], start: UInt64) throws {
        for seed in 0..<3 as Range<UInt64> {
            let weights = try weights(texts)
            let plan = SplitPlan(weights: weights, seed: seed)
            let shares = weights.map { Int($0.hundredths) }
            let total = shares.reduce(0, +)
            var surplus = shares.map { _ in 0 }
            var (lowest, highest) = (surplus, surplus)
            for offset in 0..<20_000 as Range<UInt64> {
                surplus[plan.member(at: start + offset)] += total
                for index in shares.indices {
                    surplus[index] -= shares[index]
                    lowest[index] = min(lowest[index], surplus[index])
                    highest[index] = max(highest[index], surplus[index])
                }
            }
            let bound = 2 * (weights.count - 1)
            for index in shares.indices {
                #expect(highest[index] - lowest[index] < bound * total, "seed \(seed)")
            }
        }
    }

    @Test(arguments: [10, 33, 100, 1_000, 10_000])
    func `counted one by one, 10 percent stays within 2 in a window of any place`(
        window: Int
    ) throws {
        let plan = SplitPlan(weights: try weights(["90", "10"]), seed: 11)
        var random = FastRandom(seed: UInt64(window))
        for _ in 0..<20 {
            let start = random.next() >> 1
            let numbers = start..<start + UInt64(window)
            let candidates = numbers.count { plan.member(at: $0) == 1 }
            #expect(abs(Double(candidates) - Double(window) / 10) < 2)
        }
    }

    @Test func `64 members keep the promise`() throws {
        let weights = (1...64).compactMap { Weight(hundredths: $0 * $0 * 7) }
        let plan = SplitPlan(weights: weights, seed: 1)
        let total = weights.reduce(0) { $0 + Double($1.hundredths) }
        var counts = weights.map { _ in 0 }
        for number in 0..<50_000 as Range<UInt64> { counts[plan.member(at: number)] += 1 }
        for (weight, count) in zip(weights, counts) {
            #expect(abs(Double(count) - 50_000 * Double(weight.hundredths) / total) < 126)
        }
    }

    /// An evenly spaced split would give the same call of the loop to the candidate for ever.
    @Test(arguments: [
        (["90", "10"], 10), (["90", "10"], 20), (["50", "50"], 2), (["99", "1"], 10),
    ])
    func `a client that repeats a loop of calls soon exercises each on both sides`(
        texts: [String], calls: Int
    ) throws {
        let weights = try weights(texts)
        for seed in 0..<20 as Range<UInt64> {
            let plan = SplitPlan(weights: weights, seed: seed)
            let rounds = 20 * 10_000 / Int(weights[1].hundredths)
            var seen: [Set<Int>] = [[], []]
            for number in 0..<rounds * calls {
                seen[plan.member(at: UInt64(number))].insert(number % calls)
            }
            #expect(seen[0].count == calls && seen[1].count == calls, "seed \(seed)")
        }
    }

    @Test func `positions are spread evenly over the ten of each interval`() throws {
        let plan = SplitPlan(weights: try weights(["90", "10"]), seed: 5)
        var counts = Array(repeating: 0, count: 10)
        for number in 0..<100_000 where plan.member(at: UInt64(number)) == 1 {
            counts[number % 10] += 1
        }
        #expect(counts.allSatisfy { (850...1_150).contains($0) }, "\(counts)")
    }

    @Test func `the choice follows from seed, shares and number alone`() throws {
        let plan = SplitPlan(weights: try weights(["80", "20"]), seed: 3)
        let sameShares = SplitPlan(weights: try weights(["4", "1"]), seed: 3)
        let otherSeed = SplitPlan(weights: try weights(["80", "20"]), seed: 4)
        let numbers = Array(0..<1_000 as Range<UInt64>)
        let choices = numbers.map(plan.member)
        #expect(Array(numbers.reversed().map(plan.member).reversed()) == choices)
        #expect(numbers.map(sameShares.member) == choices)
        #expect(numbers.map(otherSeed.member) != choices)
    }

    @Test func `a split's choices stay the same from release to release`() throws {
        let plan = SplitPlan(weights: try weights(["60", "30", "10"]), seed: 2)
        let choices = (0..<40 as Range<UInt64>).map { "\(plan.member(at: $0))" }.joined()
        #expect(choices == "0010110002001200101000210001101002010001")
    }

    @Test(arguments: [["0", "100"], ["0", "1", "0"], ["0", "0.01"], ["0", "0.01", "0", "0"]])
    func `a member of weight 0 is never chosen`(texts: [String]) throws {
        let plan = SplitPlan(weights: try weights(texts), seed: 9)
        for number in starts.flatMap({ $0..<$0 + 1_000 }) {
            #expect(plan.member(at: number) == 1)
        }
    }

    @Test func `zeros among the members change no choice of the others`() throws {
        let plan = SplitPlan(weights: try weights(["60", "30", "10"]), seed: 2)
        let padded = SplitPlan(weights: try weights(["0", "60", "0", "30", "10"]), seed: 2)
        for number in 0..<1_000 as Range<UInt64> {
            #expect(padded.member(at: number) == [1, 3, 4][plan.member(at: number)])
        }
    }

    @Test func `a sole member gets everything`() throws {
        let plan = SplitPlan(weights: try weights(["0.01"]), seed: 0)
        for number in starts { #expect(plan.member(at: number) == 0) }
    }

    @Test(arguments: exactSplits)
    func `the largest number has a member as well`(texts: [String]) throws {
        let weights = try weights(texts)
        let plan = SplitPlan(weights: weights, seed: 0)
        for number in UInt64.max - 100...UInt64.max {
            #expect(weights.indices.contains(plan.member(at: number)))
        }
    }

    private func weights(_ texts: [String]) throws -> [Weight] {
        try texts.map { try Weight.parse($0) }
    }
}
