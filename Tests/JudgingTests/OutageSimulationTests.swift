import Judging
import Testing

/// What an outage of the stable side alone hides afterwards, over simulated traffic.
struct OutageSimulationTests {
    private func second(
        _ judge: inout ErrorJudge, _ random: inout SeededRandom, share: Double,
        candidate: Double, stable: Double
    ) {
        let ofCandidate = random.binomial(100, share)
        judge.take(
            Evidence(
                .errors, prefix: 0, share: share,
                candidate: random.binomial(ofCandidate, candidate),
                stable: random.binomial(100 - ofCandidate, stable)))
    }

    /// The seconds to a breach after so many seconds in which 30 % of stable's answers failed.
    private func detections(
        outage: Int, share: Double, broken: Double, runs: Int = 100
    ) -> [Int] {
        (0..<runs).map { run in
            var random = SeededRandom(seed: UInt64(run) &+ 401)
            var judge = ErrorJudge()
            for _ in 0..<outage {
                second(&judge, &random, share: share, candidate: 0.005, stable: 0.3)
            }
            for number in 1...1_800 {
                second(&judge, &random, share: share, candidate: broken, stable: 0.005)
                if judge.breach != nil { return number }
            }
            return 1_801
        }.sorted()
    }

    @Test(arguments: [(0.1, 0.05, 90), (0.1, 0.1, 40), (0.5, 0.05, 40), (0.9, 0.1, 60)])
    func `an outage of stable alone hides a broken candidate only for a while`(
        share: Double, broken: Double, most: Int
    ) {
        let after = detections(outage: 300, share: share, broken: broken)
        let before = detections(outage: 0, share: share, broken: broken)
        print(
            "| 30 % outage of stable alone, five minutes, then \(broken) against 0.005 at \(share)"
                + " | median \(after[50]) s, else \(before[50]) s |")
        #expect(after[50] <= most)
        #expect(after[99] <= 4 * most)
    }

    /// Each new start is another chance to be wrong; they share one alpha.
    @Test func `outages of stable alone make no more false alarms`() {
        let runs = 1_000
        var breaches = 0
        for run in 0..<runs {
            var random = SeededRandom(seed: UInt64(run) &+ 7_001)
            var judge = ErrorJudge()
            for number in 0..<240 {
                let share = [0.1, 0.5, 0.9][number / 80]
                let isOut = number % 60 < 20
                second(
                    &judge, &random, share: share, candidate: isOut ? 0.02 : 0.005,
                    stable: isOut ? 0.3 : 0.005)
                if judge.breach != nil {
                    breaches += 1
                    break
                }
            }
        }
        print("| outages of stable alone, again and again | \(breaches) breaches of \(runs) |")
        #expect(breaches <= 4)
    }
}
