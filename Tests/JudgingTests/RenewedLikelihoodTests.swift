import Foundation
import Judging
import Testing

struct RenewedLikelihoodTests {
    /// The mean of the value over all ways in which errors can fall, each with its chance while the
    /// candidate is no worse, and the most starts that any of them has made.
    private func expectation(
        _ count: Int, share: Double, _ process: RenewedLikelihood = .init()
    ) -> (mean: Double, starts: Int) {
        guard count > 0 else { return (exp(process.logValue), process.nextNumber) }
        var candidate = process
        candidate.take(share: share, candidate: 1, stable: 0)
        var stable = process
        stable.take(share: share, candidate: 0, stable: 1)
        let first = expectation(count - 1, share: share, candidate)
        let second = expectation(count - 1, share: share, stable)
        return (
            share * first.mean + (1 - share) * second.mean, max(first.starts, second.starts)
        )
    }

    @Test(arguments: [0.5, 0.7, 0.9])
    func `the mean over all that can happen is one, with all its new starts`(share: Double) {
        let found = expectation(12, share: share)
        #expect(found.starts >= 2, "\(found.starts)")
        #expect(abs(found.mean - 1) < 1e-9, "\(found.mean)")
    }

    @Test func `a start begins at a fiftieth of the one before, and sees what comes after it`() {
        var process = RenewedLikelihood()
        #expect(process.logValue.magnitude < 1e-12)
        var errors = 0
        while process.nextNumber == 1 {
            process.take(share: 0.5, candidate: 0, stable: 1)
            errors += 1
        }
        var alone = Likelihood()
        alone.take(share: 0.5, candidate: 0, stable: errors)
        #expect(exp(alone.logValue) <= 1.0 / 50)
        var less = Likelihood()
        less.take(share: 0.5, candidate: 0, stable: errors - 1)
        #expect(exp(less.logValue) > 1.0 / 50)
        // A half of the first, a sixth that has just begun, and a third that has not.
        #expect(abs(exp(process.logValue) - (exp(alone.logValue) / 2 + 0.5)) < 1e-9)
        process.take(share: 0.5, candidate: 10, stable: 0)
        var fresh = Likelihood()
        fresh.take(share: 0.5, candidate: 10, stable: 0)
        #expect(process.leading.number == 1)
        #expect(process.leading.process == fresh)
        #expect(process.counts == (10, errors))
    }

    @Test func `of many starts the one with least part is dropped, which adds nothing`() {
        var process = RenewedLikelihood()
        for _ in 0..<3_000 { process.take(share: 0.5, candidate: 0, stable: 1) }
        #expect(process.nextNumber > 100)
        #expect(process.starts.count == RenewedLikelihood.mostStarts)
        #expect(process.starts.last?.number == process.nextNumber - 1)
        #expect(process.counts == (0, 3_000))
        #expect(process.logValue < 0)
        // It is found all the same.
        process.take(share: 0.5, candidate: 60, stable: 2)
        #expect(process.logValue > 12, "\(process.logValue)")
    }

    @Test func `a judge that takes sums in comes to the same`() {
        var judge = ErrorJudge()
        for number in 0..<400 {
            let share = [0.1, 0.5, 0.2][number / 150]
            judge.take(
                Evidence(
                    number % 3 == 0 ? .denied : .errors, prefix: number % 5, share: share,
                    candidate: number % 40 == 0 ? 3 : 0, stable: 3))
        }
        #expect(judge.process(.errors).nextNumber > RenewedLikelihood.mostStarts)
        var other = ErrorJudge()
        for sum in judge.sums {
            other.begin(
                sum.kind, prefix: sum.prefix, starts: sum.process.starts.map(\.number),
                nextNumber: sum.process.nextNumber)
            for row in sum.process.rows {
                other.put(sum.kind, prefix: sum.prefix, row.tally, start: row.start)
            }
        }
        #expect(other == judge)
        #expect(other.logEvidence == judge.logEvidence)
        // Numbers that no process has had begin none.
        for numbers in [[], [1, 0], [0, 0], [-1, 3], Array(0...12), [0, 1]] {
            other.begin(.errors, prefix: nil, starts: numbers, nextNumber: 4)
        }
        other.put(.errors, prefix: 64, .init(share: 0.1, candidate: 1, stable: 0), start: 0)
        other.put(.errors, prefix: nil, .init(share: 1.5, candidate: 1, stable: 0), start: 0)
        #expect(other == judge)
    }
}
