import Judging
import Testing

struct ErrorJudgeTests {
    @Test func `nothing seen is no evidence`() {
        let judge = ErrorJudge()
        #expect(judge.breach == nil)
        #expect(judge.logEvidence.magnitude < 1e-9)
        #expect(abs(judge.logLimit - 6.907_755) < 1e-6)
    }

    @Test(arguments: JudgedClass.allCases)
    func `a candidate with all the errors breaches, whatever they are`(kind: JudgedClass) {
        var judge = ErrorJudge()
        judge.take(Evidence(kind, share: 0.1, candidate: 20, stable: 0))
        #expect(judge.breach?.kind == kind)
        #expect(judge.breach?.prefix == nil)
        #expect(judge.breach?.tallies == [.init(share: 0.1, candidate: 20, stable: 0)])
    }

    @Test func `errors by the shares are no evidence`() {
        var judge = ErrorJudge()
        for _ in 0..<1_000 {
            judge.take(Evidence(.errors, prefix: 3, share: 0.1, candidate: 10, stable: 90))
        }
        #expect(judge.logEvidence < 0)
        #expect(judge.breach == nil)
    }

    @Test func `a prefix that is broken breaches while the totals are equal`() {
        var judge = ErrorJudge()
        for _ in 0..<30 {
            judge.take(Evidence(.errors, prefix: 0, share: 0.5, candidate: 2, stable: 0))
            judge.take(Evidence(.errors, prefix: 1, share: 0.5, candidate: 0, stable: 2))
        }
        #expect(judge.process(.errors).logValue < 0)
        #expect(judge.breach?.kind == .errors)
        #expect(judge.breach?.prefix == 0)
    }

    @Test(arguments: [-1, 64, 1_000])
    func `a prefix without a slot counts in total only`(prefix: Int) {
        guard prefix >= 0 else { return }
        var judge = ErrorJudge()
        judge.take(Evidence(.denied, prefix: prefix, share: 0.5, candidate: 3, stable: 1))
        var plain = ErrorJudge()
        plain.take(Evidence(.denied, share: 0.5, candidate: 3, stable: 1))
        #expect(judge == plain)
    }

    @Test func `what was told of has no part any more, and others have`() {
        var judge = ErrorJudge()
        judge.take(Evidence(.rateLimited, prefix: 0, share: 0.1, candidate: 50, stable: 0))
        #expect(judge.breach?.kind == .rateLimited)
        judge.settle(.rateLimited)
        #expect(judge.breach == nil)
        #expect(judge.logEvidence < 0)
        judge.take(Evidence(.rateLimited, share: 0.1, candidate: 50, stable: 0))
        #expect(judge.breach == nil)
        judge.take(Evidence(.errors, share: 0.1, candidate: 10, stable: 0))
        #expect(judge.breach?.kind == .errors)
    }

    @Test func `a client that is kept at its side counts once per class`() {
        var judge = ErrorJudge()
        for _ in 0..<1_000 {
            judge.take(StickyError(key: 7, .errors, share: 0.1, isOnCandidate: true))
        }
        #expect(judge.process(.errors).counts == (1, 0))
        judge.take(StickyError(key: 7, .denied, share: 0.2, isOnCandidate: true))
        #expect(judge.process(.denied).tallies == [.init(share: 0.2, candidate: 1, stable: 0)])
        // At a share that compares nothing it does not count, and is not used up either.
        judge.take(StickyError(key: 8, .errors, share: 0, isOnCandidate: false))
        judge.take(StickyError(key: 8, .errors, share: 0.1, isOnCandidate: false))
        #expect(judge.process(.errors).counts == (1, 1))
    }

    @Test func `too many clients give no more evidence, and that is said`() {
        var judge = ErrorJudge(mostKeys: 3)
        for key in 1...5 as ClosedRange<UInt64> {
            judge.take(StickyError(key: key, .errors, share: 0.5, isOnCandidate: true))
        }
        #expect(judge.process(.errors).counts == (3, 0))
        #expect(judge.isFull(.errors))
        #expect(!judge.isFull(.denied))
    }

    @Test func `slots go by first appearance, and none is given twice`() {
        var slots = PrefixSlots()
        for number in 0..<100 {
            let slot = slots.slot(of: "/a\(number)")
            #expect(slot == (number < 64 ? number : nil))
        }
        #expect(slots.slot(of: "/a63") == 63)
        #expect(slots.slot(of: "/a64") == nil)
    }

    @Test func `huge evidence stays a number`() {
        var judge = ErrorJudge()
        judge.take(Evidence(.errors, share: 0.000_1, candidate: 1_000_000_000, stable: 0))
        #expect(judge.logEvidence.isFinite)
        #expect(judge.breach?.kind == .errors)
        var other = ErrorJudge()
        other.take(Evidence(.errors, share: 0.999_9, candidate: 0, stable: 1_000_000_000))
        #expect(!other.logEvidence.isNaN)
        #expect(other.breach == nil)
    }
}
