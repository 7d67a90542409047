import Judging
import Telemetry
import Testing

/// Lateness over simulated traffic: service times of 10 ms and an exponential tail of 10 ms.
struct LatencySimulationTests {
    private static let base = 10e6
    private static let mean = 10e6

    /// A time of a side that is so many times as slow.
    private func time(_ random: inout SeededRandom, slower: Double) -> UInt64 {
        UInt64(slower * (Self.base + Self.mean * exponential(&random)))
    }

    private func exponential(_ random: inout SeededRandom) -> Double {
        // Von Neumann's way, which needs no logarithm.
        var whole = 0.0
        while true {
            let first = random.unit()
            var last = first
            var isEven = false
            while true {
                let next = random.unit()
                if next > last { break }
                last = next
                isEven.toggle()
            }
            if !isEven { return whole + first }
            whole += 1
        }
    }

    /// The chance that a side's time is above a mark.
    private func tail(_ mark: UInt64, slower: Double) -> Double {
        let rest = (Double(mark) / slower - Self.base) / Self.mean
        guard rest > 0 else { return 1 }
        // e^-rest, by squaring.
        var result = 1 - rest / 1_048_576
        for _ in 0..<20 { result *= result }
        return result
    }

    private func run(
        seed: UInt64, seconds: Int, requests: Int, share: Double, slower: Double,
        step: Int = 1
    ) -> Int? {
        var random = SeededRandom(seed: seed)
        var judge = ErrorJudge()
        var marks = LatencyMarks()
        for second in stride(from: 0, to: seconds, by: step) {
            if second % 120 == 0 {
                var times = LatencyHistogram()
                for _ in 0..<1_000 { times.record(nanoseconds: time(&random, slower: 1)) }
                marks.take(times, nowSeconds: Double(second))
            }
            guard let marks = marks.marks else { continue }
            let ofCandidate = random.binomial(requests * step, share)
            let ofStable = requests * step - ofCandidate
            let late = random.binomial(ofCandidate, tail(marks.candidate, slower: slower))
            let stable = random.binomial(ofStable, tail(marks.stable, slower: 1))
            judge.take(
                Evidence(.latency, prefix: 0, share: share, candidate: late, stable: stable))
            if judge.breach != nil { return second + 1 }
        }
        return nil
    }

    @Test func `fifteen percent slower for an hour is allowed`() {
        let breaches = (0..<200).count {
            run(
                seed: UInt64($0) &+ 1, seconds: 3_600, requests: 1_000, share: 0.1, slower: 1.15,
                step: 4) != nil
        }
        print("| 15 % slower, 1,000/s for an hour | \(breaches) breaches of 200 |")
        #expect(breaches == 0)
    }

    @Test func `twice as slow is found soon`() {
        let found = (0..<200).map {
            run(seed: UInt64($0) &+ 1, seconds: 600, requests: 100, share: 0.1, slower: 2) ?? 601
        }.sorted()
        print("| twice as slow, 100/s at 10 % | median \(found[100]) s |")
        #expect(found[100] <= 15)
    }
}
