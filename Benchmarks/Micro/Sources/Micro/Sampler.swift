/// Something to time: `run` makes `count` calls and returns a sum that depends on all of them,
/// so that the compiler cannot leave them out.
struct Sample: Sendable {
    let name: String
    let run: @Sendable (_ count: Int) -> UInt64
}

enum Sampler {
    static let samples = 15
    private static let calls = 200_000

    static func time(_ sample: Sample) -> (median: Double, lowest: Double) {
        var sum = sample.run(calls)
        let times = (0..<samples).map { _ in
            let duration = ContinuousClock().measure { sum &+= sample.run(calls) }
            return Double(duration / .nanoseconds(1)) / Double(calls)
        }.sorted()
        precondition(sum != 0, "the calls had no result")
        return (times[samples / 2], times[0])
    }

    static func line(name: String, median: Double, lowest: Double) -> String {
        let padding = String(repeating: " ", count: max(1, 44 - name.count))
        return name + padding + tenths(median) + "  " + tenths(lowest)
    }

    /// With one decimal, eight characters wide.
    private static func tenths(_ value: Double) -> String {
        let text = String((value * 10).rounded() / 10)
        return String(repeating: " ", count: max(0, 8 - text.count)) + text
    }
}
