import Splitting
import Testing

@testable import Settings

/// Which weights are in force at start and after SIGHUP.
struct StartDecisionTests {
    private let splits = [kong("90", "10")]

    private func text(_ text: String) -> WeightsText {
        .parse(Array(text.utf8), file: "weights.yaml", splits: splits)
    }

    private func state(_ x: String, _ y: String, following text: String) -> WeightsState {
        WeightsState(
            generation: 7,
            splits: [
                SplitWeights(
                    name: "kong", members: ["x", "y"], weights: [weight(x), weight(y)],
                    generation: 5, source: .socket, changedAtMilliseconds: 1, reason: "step 3",
                    followed: TextHash(text.utf8))
            ])
    }

    private func decide(
        _ state: WeightsState?,
        _ text: WeightsText,
        splits: [SplitSettings]? = nil
    ) throws -> StartDecision {
        try StartDecision.decide(
            splits: splits ?? self.splits, state: state, text: text, nowMilliseconds: 2)
    }

    @Test func `without a state the text counts`() throws {
        let decision = try decide(nil, text("kong: {x: 80, y: 20}"))
        #expect(decision.state.weights == ["kong": [weight("80"), weight("20")]])
        #expect(decision.state.generation == 1)
        #expect(decision.state.splits[0].source == .file)
        #expect(decision.state.splits[0].changedAtMilliseconds == 2)
        #expect(decision.isTextValid)
        #expect(decision.driftedSplits.isEmpty)
    }

    @Test func `the text that the state followed lets the state stand`() throws {
        let written = "kong: {x: 90, y: 10}"
        let kept = state("75", "25", following: written)
        let decision = try decide(kept, text(written))
        #expect(decision.state == kept)
        #expect(decision.driftedSplits == ["kong"])
        #expect(decision.isTextValid)
    }

    @Test func `another text wins and is a new generation`() throws {
        let kept = state("75", "25", following: "kong: {x: 90, y: 10}")
        let decision = try decide(kept, text("kong: {x: 50, y: 50}"))
        #expect(decision.state.weights == ["kong": [weight("50"), weight("50")]])
        #expect(decision.state.generation == 8)
        #expect(decision.state.splits[0].generation == 8)
        #expect(decision.state.splits[0].source == .file)
        #expect(decision.driftedSplits.isEmpty)
    }

    @Test func `another comment is no change of weights`() throws {
        let edited = "kong: {x: 75, y: 25} # edited"
        let decision = try decide(state("75", "25", following: "another text"), text(edited))
        #expect(decision.state == state("75", "25", following: edited))
    }

    @Test(arguments: ["", "kong: {x: 90", "kong: {x: 90}", "kong: {x: 0, y: 0}"])
    func `a faulty text lets the state run`(faulty: String) throws {
        let kept = state("75", "25", following: "kong: {x: 90, y: 10}")
        let decision = try decide(kept, text(faulty))
        #expect(decision.state == kept)
        #expect(!decision.isTextValid)
    }

    @Test func `a faulty text without a state is refused with its faults`() {
        #expect(throws: SettingsErrors.self) { try decide(nil, text("kong: {x: 90}")) }
    }

    @Test func `a vanished file lets the state run and is refused without one`() throws {
        var snapshot = minimalSnapshot
        snapshot.splits = splits
        snapshot.weightsFile = "weights.yaml"
        let vanished = WeightsText.read(snapshot, files: files([:]))
        let kept = state("75", "25", following: "kong: {x: 90, y: 10}")
        #expect(try decide(kept, vanished).state == kept)
        #expect(throws: SettingsErrors.self) { try decide(nil, vanished) }
    }

    @Test func `members in another order keep their weights`() throws {
        let turned = SplitSettings(
            name: "kong", members: ["y", "x"], weights: [weight("10"), weight("90")],
            stable: "x", candidate: "y")
        let kept = state("75", "25", following: "kong: {x: 90, y: 10}")
        let decision = try decide(kept, text("kong: {x: 90, y: 10}"), splits: [turned])
        #expect(decision.state.splits[0].members == ["y", "x"])
        #expect(decision.state.splits[0].weights == [weight("25"), weight("75")])
    }

    @Test func `a state of other members gives way`() throws {
        let renamed = SplitSettings(
            name: "kong", members: ["x", "z"], weights: [weight("1"), weight("1")], stable: "x")
        let kept = state("75", "25", following: "")
        let decision = try decide(kept, .settings, splits: [renamed])
        #expect(decision.state.weights == ["kong": [weight("1"), weight("1")]])
        #expect(decision.state.generation == 8)
    }

    @Test func `without a weight file a changed split of sluice.yaml wins alone`() throws {
        let tls = SplitSettings(
            name: "tls", members: ["x"], weights: [weight("1")], stable: "x")
        let first = try decide(nil, .settings, splits: splits + [tls])
        let set = first.state.splits[0]
        let kept = WeightsState(
            generation: 2,
            splits: [
                SplitWeights(
                    name: "kong", members: set.members, weights: [weight("100"), weight("0")],
                    generation: 2, source: .socket, changedAtMilliseconds: 3,
                    followed: set.followed),
                first.state.splits[1],
            ])

        let untouched = try decide(kept, .settings, splits: splits + [tls])
        #expect(untouched.state == kept)
        #expect(untouched.driftedSplits == ["kong"])

        let edited = tls.with(weights: [weight("2")])
        let decision = try decide(kept, .settings, splits: splits + [edited])
        #expect(decision.state.splits[0] == kept.splits[0])
        #expect(decision.state.splits[1].weights == [weight("2")])
        #expect(decision.state.generation == 3)
    }
}
