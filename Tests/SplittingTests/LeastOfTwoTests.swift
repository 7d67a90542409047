import Splitting
import Testing

@Suite struct LeastOfTwoTests {
    private var random = FastRandom(seed: 42)

    @Test mutating func `the only target is chosen`() {
        for _ in 0..<100 {
            #expect(LeastOfTwo.pick(count: 1, random: random.next(), load: { _ in 7 }) == 0)
        }
    }

    @Test mutating func `of two targets the less loaded one is always chosen`() {
        for _ in 0..<1_000 {
            #expect(LeastOfTwo.pick(count: 2, random: random.next(), load: { [3, 2][$0] }) == 1)
        }
    }

    @Test mutating func `the most loaded target is never chosen`() {
        let loads = [1, 5, 2, 9, 1]
        for _ in 0..<10_000 {
            #expect(LeastOfTwo.pick(count: 5, random: random.next(), load: { loads[$0] }) != 3)
        }
    }

    @Test(arguments: 2...9)
    mutating func `idle targets are chosen alike`(count: Int) {
        var chosen = Array(repeating: 0, count: count)
        for _ in 0..<count * 1_000 {
            chosen[LeastOfTwo.pick(count: count, random: random.next(), load: { _ in 0 })] += 1
        }
        #expect(chosen.allSatisfy { (850...1_150).contains($0) }, "\(chosen)")
    }

    @Test mutating func `idle targets with weights are chosen in proportion`() {
        let weights: [UInt32] = [1, 2, 5]
        var chosen = [0, 0, 0]
        for _ in 0..<8_000 {
            let target = LeastOfTwo.pick(
                count: 3, random: random.next(), weight: { weights[$0] }, load: { _ in 0 })
            chosen[target] += 1
        }
        for (weight, count) in zip(weights, chosen) {
            #expect(abs(count - Int(weight) * 1_000) < 150, "\(chosen)")
        }
    }

    @Test(arguments: [([2, 3], 1), ([2, 5], 0), ([0, 1], 0)] as [([Int], Int)])
    mutating func `load counts per unit of weight`(loads: [Int], expected: Int) {
        for _ in 0..<1_000 {
            let target = LeastOfTwo.pick(
                count: 2, random: random.next(), weight: { [1, 2][$0] }, load: { loads[$0] })
            #expect(target == expected)
        }
    }

    @Test(arguments: [[0, 1, 0, 4], [0, 0, 0, 9], [7, 0, 0, 0], [1, 1, 0, 0]] as [[UInt32]])
    mutating func `a target without weight is passed over, however idle`(weights: [UInt32]) {
        for _ in 0..<1_000 {
            let target = LeastOfTwo.pick(
                count: 4, random: random.next(), weight: { weights[$0] },
                load: { weights[$0] == 0 ? 0 : 1_000 })
            #expect(weights[target] > 0)
        }
    }

    @Test mutating func `a busy process does not overflow`() {
        let target = LeastOfTwo.pick(
            count: 2, random: random.next(), weight: { [.max, 1][$0] }, load: { _ in 1 << 31 - 1 })
        #expect(target == 0)
    }
}
