import Judging
import Telemetry
import Testing

struct ConfidenceTests {
    struct Bound: Sendable, CustomTestStringConvertible {
        let failures: Int
        let count: Int
        let level: Double
        let bound: Double
        var testDescription: String { "\(failures) of \(count)" }
    }

    /// From the beta distribution's quantiles, worked out with scipy.stats.beta.ppf.
    static let bounds = [
        Bound(failures: 0, count: 10, level: 0.99, bound: 0.369_042_655),
        Bound(failures: 0, count: 1_000, level: 0.99, bound: 0.004_594_582),
        Bound(failures: 1, count: 10, level: 0.99, bound: 0.504_398_9),
        Bound(failures: 5, count: 1_000, level: 0.99, bound: 0.013_051_0),
        Bound(failures: 500, count: 1_000, level: 0.99, bound: 0.537_167),
        Bound(failures: 10, count: 10, level: 0.99, bound: 1),
        Bound(failures: 0, count: 0, level: 0.99, bound: 1),
    ]

    @Test(arguments: bounds)
    func `the upper bound is Clopper's and Pearson's`(bound: Bound) {
        let found = Confidence.upperBound(
            failures: bound.failures, of: bound.count, level: bound.level)
        #expect(abs(found - bound.bound) < 1e-3 * bound.bound, "\(found)")
    }

    @Test func `the bound holds the level`() {
        // So few failures, or fewer, have a chance of 1 % at the bound.
        for (failures, count) in [(0, 50), (3, 200), (40, 400)] {
            let share = Confidence.upperBound(failures: failures, of: count)
            var term = 1.0
            for _ in 0..<count { term *= 1 - share }
            var chance = term
            for number in 0..<failures {
                term *= share / (1 - share) * Double(count - number) / Double(number + 1)
                chance += term
            }
            #expect(abs(chance - 0.01) < 1e-6, "\(failures) of \(count): \(chance)")
        }
    }

    @Test func `the exchanges that are left make the bound hold`() throws {
        let left = try #require(
            Confidence.exchangesLeft(failures: 1, of: 500, below: 0.005))
        let total = 500 + left
        let expected = Int((Double(total) * 1 / 500).nextUp)
        #expect(Confidence.upperBound(failures: expected, of: total) < 0.005)
        #expect(Confidence.exchangesLeft(failures: 10, of: 500, below: 0.005) == nil)
        #expect(Confidence.exchangesLeft(failures: 0, of: 100_000, below: 0.005) == 0)
        #expect(Confidence.exchangesLeft(failures: 0, of: 0, below: 0.005) != nil)
    }

    @Test func `marks need a thousand answers and go after five minutes`() throws {
        var marks = LatencyMarks()
        marks.take(answers(999), nowSeconds: 0)
        #expect(marks.marks == nil)
        marks.take(answers(1), nowSeconds: 1)
        let found = try #require(marks.marks)
        #expect(abs(Double(found.stable) - 20e6) < 0.2e6)
        #expect(abs(Double(found.candidate) - 1.25 * 20e6) < 0.3e6)
        marks.take(LatencyHistogram(), nowSeconds: 302)
        #expect(marks.marks == nil)
    }

    @Test func `at small times two milliseconds are allowed`() throws {
        var marks = LatencyMarks()
        var fast = LatencyHistogram()
        for _ in 0..<2_000 { fast.record(nanoseconds: 500_000) }
        marks.take(fast, nowSeconds: 0)
        let found = try #require(marks.marks)
        #expect(abs(Double(found.candidate) - 2.5e6) < 0.02e6)
    }

    private func answers(_ count: Int) -> LatencyHistogram {
        var times = LatencyHistogram()
        for _ in 0..<count { times.record(nanoseconds: 20_000_000) }
        return times
    }
}
