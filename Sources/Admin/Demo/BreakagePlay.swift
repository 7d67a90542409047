internal import Kernel
internal import KongLike

/// The second act: the new cluster breaks on one route while nobody looks.
struct BreakagePlay: DemoPlay {
    /// How often it waits, so that one can read.
    static let pauseCount = 5
    /// What breaks.
    static let plugin = "request-transformer"

    let y: KongLike.KongNode
    let stage: DemoStage

    private static let plan = """
        splits: [kong]
        steps:
          - {weight: 10, hold: 10m, min_requests: 1000}
          - {weight: 50, hold: 1h}
        on_breach: {errors: rollback, latency: warn}

        """

    func perform() async throws {
        say("\n== Act two: another day, another Y, and nobody at the screen\n")
        say("X 3.4.1 serves, Y 3.4.2 is ready, the plan begins with a tenth of the traffic.\n")
        try show(plan: Self.plan)
        try await startRollout("3.4.1 to 3.4.2, overnight")
        try await waitUntil("y has answered some") {
            await (rollout()["confidence"]?["candidate_ended"]?.int ?? 0) >= 30
        }
        try await pause()
        say("All is well so far, and everybody goes home.")
        try await type("sluice split kong") { $0.showSplits("kong") }
        try await pause()
        say("Meanwhile on Y the plugin \(Self.plugin), which only /orders uses, begins to break.")
        say("From here on nobody types anything.\n")
        let began = Instant.now()
        var faults = KongFaults()
        faults.failingPlugins = [Self.plugin]
        y.faults = faults
        try await waitUntil("it goes back by itself", within: 60) {
            await rollout()["state"]?.text == "rolled_back"
        }
        let seconds = Double(Instant.now().since(began)) / 1e9
        try await waitUntil("it is written down") {
            await operation.rollouts?.historyAnswer()["rollouts"]?.elements?.isEmpty == false
        }
        showLog()
        let rounded = Int((seconds * 10).rounded())
        say("\nThe rollback came \(rounded / 10).\(rounded % 10) s after the plugin broke.")
        try await pause()
        try await tell()
        try await pause()
        let before = load.failureCount
        let answers = load.answerCount
        try await waitUntil("what comes goes to x") { load.answerCount > answers + 50 }
        guard load.failureCount == before else {
            throw DemoFailure(description: "requests fail although all goes to x")
        }
        say("\nOf \(load.answerCount) requests \(before) were answered with an error, and none")
        say("since. What the judge can see and what not: docs/rollouts.md.")
        say("The same on your own clusters: docs/kong-upgrade.md.")
        try await pause()
    }

    /// What the one who comes in the morning finds.
    private func tell() async throws {
        say("Somebody comes in the morning and asks what happened:")
        try await type("sluice rollout status") { $0.rolloutStatus() }
        try await type("sluice rollout history") { $0.rolloutHistory() }
        try await type("sluice split kong") { $0.showSplits("kong") }
        let events = await operation.rollouts?.historyAnswer()["events"]?.elements ?? []
        let back = events.first { $0["event"]?.text == "rollback" }
        guard let counts = back?["counts"]?.elements?.first,
            let share = counts["share"]?.double, let onY = counts["candidate"]?.int,
            let onX = counts["stable"]?.int, let evidence = back?["log_evidence"]?.double
        else { throw DemoFailure(description: "it went back without evidence") }
        let percent = SplitText.share(share, of: 1)
        say("\nThe evidence, checked by hand: Y had \(percent) of the requests, so if it is no")
        say("worse, \(percent) of the errors are Y's. Of \(onX + onY) errors \(onY) were.")
        if onX == 0 {
            let all = (0..<onY).reduce(1.0) { chance, _ in min(chance / share, 1e15) }
            say("That all of them are Y's by luck has a chance of 1 in \(Int(all.rounded())).")
        }
        let found = Rounding.round(evidence, decimals: 2)
        let limit = Rounding.round(back?["log_limit"]?.double ?? 0, decimals: 2)
        say("The judge, which knows no rate of errors beforehand, is more careful: it comes to")
        say("e^\(found) to 1 against Y, and acts from e^\(limit) on, which is 1,000 to 1.")
    }
}
