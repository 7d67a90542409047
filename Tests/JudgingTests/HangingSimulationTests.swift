import Judging
import Telemetry
import Testing

/// Requests that hang over simulated traffic, with a heavy tail of times: longer than t takes the
/// part 20 ms / t of all, so that one of a hundred takes two seconds and more.
struct HangingSimulationTests {
    private static let base = 0.02

    /// In seconds until the judge breaches; nil when it does not. `hanging`: the part of each side
    /// that never gets an answer, at a moment.
    private func run(
        seed: UInt64, seconds: Int, requests: Int, share: Double, slower: Double = 1,
        hanging: @escaping (_ second: Int) -> (stable: Double, candidate: Double) = { _ in (0, 0) }
    ) -> Int? {
        var random = SeededRandom(seed: seed)
        var judge = ErrorJudge()
        var patience = Patience()
        for second in 0..<seconds {
            if second % 60 == 0 {
                var times = LatencyHistogram()
                for _ in 0..<1_000 {
                    let time = Self.base / max(random.unit(), 1e-6)
                    times.record(nanoseconds: UInt64(time * 1e9))
                }
                patience.take(times, nowSeconds: Double(second))
            }
            let (own, longest) = (patience.limits.stable, patience.limits.candidate)
            // What waits for so long at a side, beside what never gets an answer.
            let tail = { (limit: UInt64, slower: Double) in
                min(1, slower * Self.base / (Double(limit) / 1e9))
            }
            // What was sent so long ago and still waits hangs now, on both sides.
            let silent = hanging(second - Int(longest / 1_000_000_000))
            let waiting = { (silent: Double, slower: Double) in
                silent + (1 - silent) * tail(longest, slower)
            }
            let ofCandidate = random.binomial(requests, share)
            let ofStable = requests - ofCandidate
            let candidate = random.binomial(ofCandidate, waiting(silent.candidate, slower))
            var stable = random.binomial(ofStable, waiting(silent.stable, 1))
            // Stable's that were answered in between have hung as well.
            stable += random.binomial(ofStable, tail(own, 1) - tail(longest, 1))
            judge.take(
                Evidence(.hanging, prefix: 0, share: share, candidate: candidate, stable: stable))
            if judge.breach != nil { return second + 1 }
        }
        return nil
    }

    private func breaches(_ run: (UInt64) -> Int?) -> Int {
        (0..<200).count { run(UInt64($0) &+ 1) != nil }
    }

    @Test func `equal sides, and one that is fifteen percent slower, are left alone`() {
        for slower in [1, 1.15] {
            let found = breaches {
                run(seed: $0, seconds: 3_600, requests: 300, share: 0.1, slower: slower)
            }
            print("| \(slower) times as slow, heavy tail, an hour | \(found) breaches of 200 |")
            #expect(found == 0)
        }
    }

    @Test func `what hangs on both sides for five minutes is nobody's fault`() {
        let found = breaches {
            run(seed: $0, seconds: 900, requests: 100, share: 0.1) { second in
                let part = (100..<400).contains(second) ? 0.3 : 0
                return (part, part)
            }
        }
        print("| 30 % of both sides hang for five minutes | \(found) breaches of 200 |")
        #expect(found == 0)
    }

    @Test func `a candidate at which half of the requests hang is found soon`() {
        let found = (0..<200).map {
            run(seed: UInt64($0) &+ 1, seconds: 600, requests: 100, share: 0.1) { second in
                (0, second >= 0 ? 0.5 : 0)
            } ?? 601
        }.sorted()
        print("| half hang, 100/s at 10 % | median \(found[100]) s |")
        #expect(found[100] <= 20)
    }
}
