import Foundation
import Judging
import Testing

struct LikelihoodTests {
    /// Worked out by hand with the formula, one ratio at a time.
    @Test func `a value is what the formula says`() {
        var process = Likelihood(ratios: [10])
        process.take(share: 0.1, candidate: 3, stable: 2)
        // Candidate: 10 / 1.9; stable: 1 / 1.9.
        let expected = 10.0 * 10 * 10 / (1.9 * 1.9 * 1.9 * 1.9 * 1.9)
        #expect(abs(exp(process.logValue) - expected) < 1e-9)
        process.take(share: 0.5, candidate: 1, stable: 1)
        #expect(abs(exp(process.logValue) - expected * 10 / 5.5 / 5.5) < 1e-9)
    }

    @Test func `several ratios are mixed`() {
        var process = Likelihood(ratios: [2, 3])
        process.take(share: 0.25, candidate: 1, stable: 0)
        #expect(abs(exp(process.logValue) - (2 / 1.25 + 3 / 1.5) / 2) < 1e-9)
    }

    @Test func `errors in one batch or in many come to the same`() {
        var one = Likelihood()
        one.take(share: 0.1, candidate: 7, stable: 30)
        var many = Likelihood()
        for _ in 0..<7 { many.take(share: 0.1, candidate: 1, stable: 0) }
        for _ in 0..<30 { many.take(share: 0.1, candidate: 0, stable: 1) }
        #expect(abs(one.logValue - many.logValue) < 1e-9)
        #expect(one.tallies == many.tallies)
    }

    @Test(arguments: [0, 1, -0.1, 1.1, .nan])
    func `a share that compares nothing gives no evidence`(share: Double) {
        var process = Likelihood()
        process.take(share: share, candidate: 1_000, stable: 0)
        #expect(process == Likelihood())
        #expect(process.logValue.magnitude < 1e-12)
    }

    /// The expectation under "no worse" is 1 at every share: that is the whole proof.
    @Test(arguments: [0.0001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.9999])
    func `one error is expected to be worth one`(share: Double) {
        var candidate = Likelihood()
        candidate.take(share: share, candidate: 1, stable: 0)
        var stable = Likelihood()
        stable.take(share: share, candidate: 0, stable: 1)
        let expectation = share * exp(candidate.logValue) + (1 - share) * exp(stable.logValue)
        #expect(abs(expectation - 1) < 1e-9)
    }

    @Test func `the reverse test is a martingale where the candidate is that much worse`() {
        for share in [0.1, 0.5, 0.9] {
            var candidate = ReverseTest(ratio: 2, alpha: 0.05)
            candidate.take(share: share, candidate: 1, stable: 0)
            var stable = ReverseTest(ratio: 2, alpha: 0.05)
            stable.take(share: share, candidate: 0, stable: 1)
            let chance = 2 * share / (1 - share + 2 * share)
            let expectation =
                chance * exp(candidate.process.logValue)
                + (1 - chance) * exp(stable.process.logValue)
            #expect(abs(expectation - 1) < 1e-9)
        }
    }

    @Test func `equal errors refute that the candidate is twice as bad`() {
        var test = ReverseTest(ratio: 2, alpha: 0.05)
        test.take(share: 0.5, candidate: 10, stable: 10)
        #expect(!test.isRefuted)
        #expect(test.secondsLeft(grown: 0, inSeconds: 60) == nil)
        #expect(test.secondsLeft(grown: test.process.logValue, inSeconds: 60) != nil)
        test.take(share: 0.5, candidate: 60, stable: 60)
        #expect(test.isRefuted)
        #expect(test.progress == 1)
        #expect(test.secondsLeft(grown: 0, inSeconds: 60) == 0)
    }
}
