import Splitting

enum SplitSamples {
    static let all = [
        sample("split 90:10", [9000, 1000]),
        sample("split 99.99:0.01", [9999, 1]),
        sample("split of five members", [4000, 3000, 1500, 1000, 500]),
    ]

    private static func sample(_ name: String, _ hundredths: [UInt32]) -> Sample {
        let plan = SplitPlan(
            weights: hundredths.compactMap { Weight(hundredths: $0) }, seed: 0x5eed)
        return Sample(name: name + ": choose") { count in
            var sum: UInt64 = 1
            for number in 0..<UInt64(count) { sum &+= UInt64(plan.member(at: number)) }
            return sum
        }
    }
}
