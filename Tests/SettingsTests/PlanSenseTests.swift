import Addressing
import Judging
import Splitting
import Testing

@testable import Settings

/// Plans that could never end, or that test less than they seem to.
struct PlanSenseTests {
    private static func snapshot(
        _ listeners: [(ListenerMode, String)] = [(.http, "kong"), (.http, "web")],
        pins: [PinSettings] = []
    ) -> Snapshot {
        Snapshot(
            listeners: listeners.map { mode, split in
                ListenerSettings(
                    name: split, address: AddressSetting(host: .name("a"), port: 1), mode: mode,
                    split: split)
            },
            upstreams: ["x", "y"].map { UpstreamSettings(name: $0, targets: []) },
            splits: ["kong", "web"].map {
                SplitSettings(
                    name: $0, members: ["x", "y"], weights: [.one, .one], stable: "x",
                    candidate: "y", pins: $0 == "kong" ? pins : [])
            })
    }

    private static func found(
        _ text: String, _ snapshot: Snapshot? = snapshot()
    ) -> (errors: [String], warnings: [String]) {
        do throws(SettingsErrors) {
            let found = try RolloutPlan.readWithWarnings(
                Array(text.utf8), file: "plan.yaml", environment: [:], for: snapshot,
                acknowledgements: ["backup", "finish"], afterwards: ["finish"])
            return ([], found.warnings.map { "\($0)" })
        } catch {
            return (error.errors.map { "\($0)" }, [])
        }
    }

    private static let steps = "splits: [kong]\nsteps: [{weight: 10, hold: 10m}]\n"

    /// What follows `steps`, and how its fault begins; nil where it has none.
    static let limits: [(String, String?)] = [
        ("guards: {error_share: {above: 99.9%}}", nil),
        (
            "guards: {error_share: {above: 100%}}",
            "plan.yaml:3:31: `above` is 100%, and no share of failures is above that"
        ),
        ("guards: {error_share: {above: 5%, over: 10s, min_requests: 1000000}}", nil),
        (
            "guards: {error_share: {above: 5%, over: 10s, min_requests: 1000001}}",
            "plan.yaml:3:60: `min_requests` is 1000001, and so many do not end in 10 s"
        ),
        (
            "guards: {latency: {above: 1s, min_requests: 900000000}}",
            "plan.yaml:3:45: `min_requests` is 900000000, and so many do not end in 60 s"
        ),
        ("require: {error_share_below: 0.00001%}", nil),
        (
            "require: {error_share_below: 0.000001%}",
            "plan.yaml:3:30: `error_share_below` asks for more than 100000000 exchanges"
        ),
    ]

    @Test(arguments: limits)
    func `a limit that can never be known or passed is refused`(text: String, fault: String?) {
        let errors = Self.found(Self.steps + text).errors
        #expect(errors.count == (fault == nil ? 0 : 1), "\(errors)")
        #expect(errors.first?.hasPrefix(fault ?? "") ?? true, "\(errors)")
        // It is so without a configuration, too.
        #expect(Self.found(Self.steps + text, nil).errors == errors)
    }

    @Test func `a step of more requests than anybody waits for is refused`() {
        let plan = { (count: Int) in
            "splits: [kong]\nsteps:\n  - {weight: 10, hold: 10m}\n"
                + "  - {weight: 20, hold: 10m, min_requests: \(count)}\n"
        }
        #expect(Self.found(plan(100_000_000)).errors.isEmpty)
        #expect(
            Self.found(plan(1_000_000_000)).errors == [
                "plan.yaml:4:5: `min_requests` is 1000000000, and the step would never end; "
                    + "expected at most 100000000"
            ])
    }

    @Test func `what compares needs a step at which there is something to compare`() {
        let plan = { (steps: String) in
            "splits: [kong]\nsteps: [\(steps)]\nrequire: {at_most_worse: 2}\n"
        }
        let alone = Self.found(plan("{weight: 100, hold: 10m}")).errors
        #expect(
            alone == [
                "plan.yaml:3:11: `at_most_worse` can never be sure: the only step has 100 %, "
                    + "where there is nothing to compare with; expected a step below that, or no "
                    + "`at_most_worse`"
            ])
        let found = Self.found(plan("{weight: 50, hold: 10m}, {weight: 100, hold: 10m}"))
        #expect(found.errors.isEmpty)
        #expect(
            found.warnings == [
                "plan.yaml:3:11: `at_most_worse` is refuted by failures of the stable side alone: "
                    + "where nothing fails there no step ends"
            ])
        let other = "splits: [kong]\nsteps: [{weight: 100, hold: 10m}]\n"
        #expect(Self.found(other + "require: {error_share_below: 1%}\n").errors.isEmpty)
        #expect(Self.found(Self.steps).warnings.isEmpty)
    }

    @Test func `a split that gets no traffic, or all of it by a pin, is refused`() throws {
        let unused = Self.snapshot([(.http, "web")])
        #expect(
            Self.found(Self.steps, unused).errors == [
                "plan.yaml:1:10: no listener uses the split `kong`, and nothing would be tested; "
                    + "expected a split that a listener or one of its routes names"
            ])
        var routed = Self.snapshot([])
        routed.listeners = [
            ListenerSettings(
                name: "web", address: AddressSetting(host: .name("a"), port: 1), split: "web",
                routes: [RouteSettings(when: WhenSettings([]), split: "kong")])
        ]
        #expect(Self.found(Self.steps, routed).errors.isEmpty)

        let pin = { (conditions: [WhenSettings.Condition], exceptions: [WhenSettings.Condition]) in
            PinSettings(when: WhenSettings(conditions, exceptions: exceptions), upstream: "x")
        }
        let everybody = try #require(CIDR("::/0"))
        let some = WhenSettings.Condition.header("a", [])
        for (pins, isRefused) in [
            ([pin([.pathPrefix(["/a", "/"])], [])], true),
            ([pin([some], []), pin([.client([everybody]), .pathPrefix(["/"])], [])], true),
            ([pin([.pathPrefix(["/a"])], [])], false),
            ([pin([.pathPrefix(["/"]), some], [])], false),
            ([pin([.pathPrefix(["/"])], [some])], false),
        ] {
            let errors = Self.found(Self.steps, Self.snapshot(pins: pins)).errors
            let fault =
                "plan.yaml:1:10: a pin of the split `kong` sends every request to `x`, and no "
                + "weight changes anything; expected pins for some requests"
            #expect(errors == (isRefused ? [fault] : []))
        }
    }

    @Test func `what connections cannot come to is refused, and what is not tested is said`() {
        let text = """
            splits: [kong, web]
            steps: [{weight: 10, hold: 10m}]
            on_breach: {errors: pause, denied: warn, hanging: warn}
            """
        let fault = { (name: String, column: Int) in
            "plan.yaml:3:\(column): `\(name)` of `on_breach` can never happen: listeners of mode "
                + "tcp have the plan's splits, and `errors` are all that connections have; "
                + "expected `errors` alone"
        }
        let tcp = Self.snapshot([(.tcp, "kong"), (.tcp, "web")])
        #expect(Self.found(text, tcp).errors == [fault("denied", 28), fault("hanging", 42)])
        let both = Self.snapshot([(.tcp, "kong"), (.http, "web")])
        #expect(Self.found(text, both).errors.isEmpty)
        #expect(
            Self.found(text + "\nsmoke: [{path: /}]\n", both).warnings == [
                "plan.yaml:4:1: `smoke` does not test kong: listeners of mode tcp have that, and "
                    + "no request is sent there"
            ])
    }

    @Test func `a plan that has started goes on, whatever would be said of it today`() throws {
        let text =
            "splits: [kong]\nsteps: [{weight: 100, hold: 1s, min_requests: 1000000000}]\n"
            + "guards: {error_share: {above: 100%}}\nrequire: {at_most_worse: 2}\n"
        let plan = try RolloutPlan.read(
            Array(text.utf8), file: "plan.yaml", environment: [:], acknowledgements: [])
        #expect(plan.guards.errorShare?.above == 1)
        #expect(Self.found(text, nil).errors.count == 3)
    }
}
