import Splitting
import Testing

/// A split under test: weights as a person writes them, and the seed of its positions.
struct SplitCase: CustomTestStringConvertible, Sendable {
    let weights: [String]
    let seed: UInt64
    var testDescription: String { "\(weights.joined(separator: ":")) seed \(seed)" }

    func plan() throws -> SplitPlan {
        SplitPlan(weights: try parsed(), seed: seed)
    }

    func parsed() throws -> [Weight] {
        try weights.map { try Weight.parse($0) }
    }
}

private let shares = [
    ["99.99", "0.01"], ["1", "99"], ["90", "10"], ["33.33", "66.67"], ["37.25", "62.75"],
    ["50", "50"], ["66.67", "33.33"], ["0.01", "99.99"], ["1000000", "0.01"],
    ["60", "30", "10"], ["33.33", "33.33", "33.34"], ["0.01", "50", "49.99"],
    ["5", "10", "15", "20", "50"], ["20", "20", "20", "20", "20"],
    ["0.01", "99", "0.5", "0.24", "0.25"],
]

private let starts: [UInt64] = [
    0, 7_919, 1 << 32 - 10_000, 1 << 63 - 10_000, UInt64.max - 20_000,
]

private let cases = shares.enumerated().map { SplitCase(weights: $1, seed: UInt64($0)) }

@Suite struct SplitPlanTests {
    /// Over a run of numbers, how far a member's count is from its exact share goes up and down.
    /// The largest difference between two points of the run is the error of the worst window.
    @Test(arguments: cases, starts)
    func `every window of up to 20,000 choices is exact`(split: SplitCase, start: UInt64) throws {
        let plan = try split.plan()
        let weights = try split.parsed().map { Int($0.hundredths) }
        let total = weights.reduce(0, +)
        var surplus = weights.map { _ in 0 }
        var lowest = surplus
        var highest = surplus
        for offset in 0..<20_000 as Range<UInt64> {
            surplus[plan.member(at: start + offset)] += total
            for index in weights.indices {
                surplus[index] -= weights[index]
                lowest[index] = min(lowest[index], surplus[index])
                highest[index] = max(highest[index], surplus[index])
            }
        }
        for index in weights.indices {
            let error = Double(highest[index] - lowest[index]) / Double(total)
            #expect(error < Double(2 * (weights.count - 1)), "member \(index)")
        }
    }
}
