import Admin
import Testing

@Suite struct DashboardEventsTests {
    private static func look(
        _ change: (inout DashboardEvents.Look) -> Void = { _ in }
    ) -> DashboardEvents.Look {
        var look = DashboardEvents.Look()
        look.weights = [("kong", weights(1, 90))]
        look.targets = [("x", "10.0.0.1:80", "unknown", "")]
        change(&look)
        return look
    }

    private static func weights(_ generation: UInt64, _ x: Int) -> DashboardEvents.Look.Weights {
        DashboardEvents.Look.Weights(
            generation: generation, weights: .object(["x": .number(x)]), source: "api",
            reason: "why")
    }

    /// A look, the look before it, and what is told of it: the kind and its `from` and `to`.
    private static let cases:
        [(
            String, @Sendable (inout DashboardEvents.Look) -> Void,
            @Sendable (inout DashboardEvents.Look) -> Void, String?
        )] = [
            ("nothing", { _ in }, { _ in }, nil),
            ("weights", { _ in }, { $0.weights = [("kong", weights(2, 75))] }, "weights"),
            (
                "the same weights again", { _ in }, { $0.weights = [("kong", weights(2, 90))] },
                nil
            ),
            ("a new split", { _ in }, { $0.weights.append(("more", weights(3, 1))) }, nil),
            (
                "a target is found sound", { _ in },
                { $0.targets = [("x", "10.0.0.1:80", "sound", "")] }, nil
            ),
            (
                "a target goes down", { _ in },
                { $0.targets = [("x", "10.0.0.1:80", "down", "refused")] }, "target"
            ),
            ("a freeze", { _ in }, { $0.freezes = [("kong", "both", "upgrade")] }, "freeze"),
            (
                "the end of a freeze", { $0.freezes = [("kong", "both", "")] }, { _ in }, "freeze"
            ),
            (
                "a rollout", { _ in }, { $0.rollout = ("plan.yaml", "running", 1, "") }, "rollout"
            ),
            (
                "its next step", { $0.rollout = ("plan.yaml", "running", 1, "") },
                { $0.rollout = ("plan.yaml", "running", 2, "") }, "rollout"
            ),
        ]

    @Test(arguments: cases.indices)
    func `what has changed is told, and nothing else`(index: Int) {
        let (what, first, second, kind) = Self.cases[index]
        var events = DashboardEvents()
        events.look(Self.look(first), atMilliseconds: 1_000)
        events.look(Self.look(second), atMilliseconds: 2_000)
        events.look(Self.look(second), atMilliseconds: 3_000)
        let told = events.events.dropFirst().map(\.kind)
        #expect(told == [kind].compactMap(\.self), "\(what)")
        #expect(events.events.first?.kind == "start")
        #expect(events.events.dropFirst().allSatisfy { $0.atMilliseconds == 2_000 })
    }

    @Test func `what went wrong is no reason for being well again`() {
        var events = DashboardEvents()
        events.look(Self.look(), atMilliseconds: 1)
        for (number, state) in ["down", "sound", "drained", "sound"].enumerated() {
            events.look(
                Self.look { $0.targets = [("x", "10.0.0.1:80", state, "because \(state)")] },
                atMilliseconds: Int64(number + 2))
        }
        let reasons = events.events.dropFirst().map { event in
            event.facts.first { $0.name == "reason" }?.value.text
        }
        #expect(reasons == ["because down", "", "because drained", ""])
    }

    @Test func `it is bounded in number and in time`() {
        var events = DashboardEvents()
        for number in 0..<DashboardEvents.mostEvents + 20 {
            events.look(
                Self.look { $0.weights = [("kong", Self.weights(UInt64(number), number))] },
                atMilliseconds: Int64(number))
        }
        #expect(events.events.count == DashboardEvents.mostEvents)
        #expect(events.events.last?.number == DashboardEvents.mostEvents + 19)
        events.look(
            Self.look { $0.freezes = [("kong", "both", "")] },
            atMilliseconds: DashboardEvents.keptMilliseconds + 1_000)
        #expect(events.events.map(\.kind) == ["weights", "freeze"])
    }
}
