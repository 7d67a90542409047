import Judging
import Telemetry
import Testing

/// The judge over simulated traffic, seeded: how often it is wrong, and how soon it is right.
/// Traffic goes second by second, as evidence comes in a running proxy.
struct SimulationTests {
    /// One second of traffic of one class: how many exchanges, and the chance to fail on each side.
    private func second(
        _ judge: inout ErrorJudge, _ random: inout SeededRandom, _ kind: JudgedClass,
        requests: Int, share: Double, candidate: Double, stable: Double, prefix: Int? = nil
    ) {
        let ofCandidate = random.binomial(requests, share)
        let bad = random.binomial(ofCandidate, candidate)
        let good = random.binomial(requests - ofCandidate, stable)
        guard bad + good > 0 else { return }
        judge.take(Evidence(kind, prefix: prefix, share: share, candidate: bad, stable: good))
    }

    private func row(_ name: String, _ what: String) { print("| \(name) | \(what) |") }

    private func median(_ numbers: [Int]) -> Int { numbers.sorted()[numbers.count / 2] }

    /// The first of growing numbers that is above one.
    private func place(of drawn: Double, in growing: [Double]) -> Int {
        var low = 0
        var high = growing.count - 1
        while low < high {
            let middle = (low + high) / 2
            if drawn < growing[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Runs until a breach; the second it came at.
    private func detection(
        _ runs: Int, most: Int = 600,
        _ play: (inout ErrorJudge, inout SeededRandom) -> Void
    ) -> [Int] {
        (0..<runs).map { run in
            var random = SeededRandom(seed: UInt64(run) &+ 1)
            var judge = ErrorJudge()
            for second in 1...most {
                play(&judge, &random)
                if judge.breach != nil { return second }
            }
            return most + 1
        }
    }

    @Test func `equal sides with bursts of errors breach no more often than alpha`() {
        let runs = 2_000
        var breaches = 0
        for run in 0..<runs {
            var random = SeededRandom(seed: UInt64(run) &+ 77)
            var judge = ErrorJudge()
            var burst = 0
            var isBreached = false
            for second in 0..<120 {
                let share = [0.01, 0.1, 0.5, 0.95][second / 30]
                if random.unit() < 0.05 { burst = 4 }
                let chance = burst > 0 ? 0.4 : 0.005
                burst -= 1
                self.second(
                    &judge, &random, .errors, requests: 60, share: share, candidate: chance,
                    stable: chance, prefix: second % 2)
                if judge.breach != nil {
                    isBreached = true
                    break
                }
            }
            if isBreached { breaches += 1 }
        }
        row("equal sides, bursts, four steps", "\(breaches) breaches of \(runs)")
        // Two are expected at most; with six or more the chance were below 2 %.
        #expect(breaches <= 6)
    }

    @Test func `equal sides with few loud clients breach no more often than alpha`() {
        let runs = 2_000
        var breaches = 0
        var rank: [Double] = []
        var sum = 0.0
        for key in 1...400 {
            sum += 1 / Double(key)
            rank.append(sum)
        }
        for run in 0..<runs {
            var random = SeededRandom(seed: UInt64(run) &+ 991)
            var judge = ErrorJudge()
            let salt = random.next()
            for second in 0..<120 {
                let share = [0.01, 0.1, 0.5, 0.95][second / 30]
                for _ in 0..<random.binomial(100, 0.05) {
                    let drawn = random.unit() * sum
                    let key = UInt64(place(of: drawn, in: rank))
                    var place = SeededRandom(seed: salt ^ key)
                    let isOnCandidate = place.unit() < share
                    judge.take(
                        StickyError(
                            key: key, .errors, share: share, isOnCandidate: isOnCandidate))
                }
                if judge.breach != nil {
                    breaches += 1
                    break
                }
            }
        }
        row("equal sides, Zipf-sticky keys, four steps", "\(breaches) breaches of \(runs)")
        #expect(breaches <= 6)
    }

    /// What happens to a judge that forgets that clients are kept: it is the rule that protects.
    @Test func `clients that count each time would be false alarms`() {
        var breaches = 0
        for run in 0..<100 {
            var random = SeededRandom(seed: UInt64(run) &+ 5)
            var judge = ErrorJudge()
            let isOnCandidate = random.unit() < 0.1
            for number in 0..<30 {
                judge.take(
                    StickyError(
                        key: UInt64(number), .errors, share: 0.1, isOnCandidate: isOnCandidate))
            }
            if judge.breach != nil { breaches += 1 }
        }
        #expect(breaches > 2)
    }

    @Test func `ten times the errors are found soon`() {
        let seconds = detection(200) { judge, random in
            second(
                &judge, &random, .errors, requests: 100, share: 0.1, candidate: 0.05,
                stable: 0.005, prefix: 0)
        }
        row("5 % against 0.5 %, 100/s at 10 %", "median \(median(seconds)) s")
        #expect(median(seconds) <= 20)
    }

    @Test func `a broken candidate is found at one percent`() {
        let seconds = detection(200) { judge, random in
            second(
                &judge, &random, .errors, requests: 100, share: 0.01, candidate: 1,
                stable: 0.005, prefix: 0)
        }
        row("wholly broken, 100/s at 1 %", "median \(median(seconds)) s")
        #expect(median(seconds) <= 5)
    }

    @Test func `an outage of both sides is nobody's fault`() {
        let seconds = detection(200, most: 300) { judge, random in
            second(
                &judge, &random, .errors, requests: 100, share: 0.1, candidate: 0.3,
                stable: 0.3, prefix: 0)
        }
        let breaches = seconds.count { $0 <= 300 }
        row("30 % outage of both sides, five minutes", "\(breaches) breaches of 200")
        #expect(breaches == 0)
    }

    @Test func `a route that is broken is found while the totals are equal`() {
        let seconds = detection(100) { judge, random in
            // Two percent of all requests go to each route; each side fails at one of them.
            second(
                &judge, &random, .errors, requests: 2, share: 0.1, candidate: 1, stable: 0,
                prefix: 5)
            second(
                &judge, &random, .errors, requests: 2, share: 0.1, candidate: 0, stable: 0.111,
                prefix: 9)
        }
        row("one route broken, totals equal", "median \(median(seconds)) s")
        #expect(seconds.allSatisfy { $0 <= 600 })
    }

    @Test(arguments: [0.1, 0.5, 0.75, 0.9])
    func `limits that each gateway counts for itself never lead back`(share: Double) {
        // 80 of 100 requests a second are allowed at each gateway.
        var rollbacks = 0
        var warnings = 0
        for run in 0..<200 {
            var random = SeededRandom(seed: UInt64(run) &+ 31)
            var judge = ErrorJudge()
            for _ in 0..<120 {
                let ofCandidate = random.binomial(160, share)
                judge.take(
                    Evidence(
                        .rateLimited, prefix: 0, share: share, candidate: max(0, ofCandidate - 80),
                        stable: max(0, 160 - ofCandidate - 80)))
                second(
                    &judge, &random, .errors, requests: 160, share: share, candidate: 0.005,
                    stable: 0.005, prefix: 0)
                while let breach = judge.breach {
                    if breach.kind.defaultAction == .rollback { rollbacks += 1 }
                    if breach.kind.defaultAction == .warn { warnings += 1 }
                    judge.settle(breach.kind)
                }
            }
        }
        row("local rate limits at \(share)", "\(rollbacks) rollbacks, \(warnings) warnings of 200")
        #expect(rollbacks == 0)
    }
}
