import Admin
import Telemetry
import Testing

/// The list of an upgrade: facts and words in, states and refusals out.
@Suite struct UpgradeChecklistTests {
    private static let day: Int64 = 86_400_000

    /// An upgrade whose Y is ready and gets nothing yet, at a time.
    private static func facts(_ now: Int64 = 1_000) -> UpgradeFacts {
        var facts = UpgradeFacts(x: "x", y: "y", nowMilliseconds: now)
        facts.x.answerVersions = ["3.4.1"]
        facts.x.adminVersion = "3.4.1"
        facts.y.adminVersion = "3.4.2"
        facts.x.targetCount = 2
        facts.x.usableCount = 2
        facts.y.targetCount = 2
        facts.y.usableCount = 2
        facts.x.share = 1
        facts.freezeMode = .both
        facts.freezeSinceMilliseconds = 500
        facts.tripwire = .clear
        facts.smokeRequestCount = 1
        facts.smoke = [.init(request: "GET /")]
        return facts
    }

    private static func list(_ acknowledged: [UpgradeStep] = []) throws -> UpgradeChecklist {
        var list = UpgradeChecklist(
            split: "kong", x: "x", y: "y",
            start: .init(atMilliseconds: 1, by: "ops", note: ""))
        for step in acknowledged {
            try list.acknowledge(step, by: "ops", note: "ticket 7", facts())
        }
        return list
    }

    private static let prepared: [UpgradeStep] = [.backup, .changes, .migrations]

    /// All traffic at Y, everything said.
    private static func shifted() throws -> (UpgradeChecklist, UpgradeFacts) {
        var list = try list(prepared)
        var facts = facts()
        _ = list.observe(facts)
        facts.x.share = 0
        facts.y.share = 1
        _ = list.observe(facts)
        try list.acknowledge(.metrics, by: "ops", note: "looked", facts)
        return (list, facts)
    }

    @Test func `a new list waits for persons first`() throws {
        let list = try Self.list()
        var facts = Self.facts()
        facts.freezeMode = .off
        let states = UpgradeStep.allCases.map { list.state(of: $0, facts).word }
        #expect(
            states == [
                "open", "held", "open", "held", "done", "done", "done", "held", "held", "held",
                "held", "held", "held", "held",
            ])
        #expect(list.state(of: .backup, facts) == .held("first: freeze"))
        #expect(list.state(of: .migrations, facts).reason == "first: freeze, backup, changes")
    }

    /// A fact, the step that shows it, its state and how the reason begins.
    @Test(arguments: [
        (
            "several versions", UpgradeStep.versions, "violated", "x answers with several versions"
        ),
        ("minor", .versions, "violated", "3.4.1 and 3.6.0 are of different minor versions"),
        ("older", .versions, "violated", "3.4.0 is older than 3.4.1"),
        ("no version", .versions, "open", "the version of y is not known"),
        ("no target", .health, "open", "y has no usable target"),
        ("fewer targets", .health, "open", "y has 1 usable targets and x has 2"),
        ("no smoke", .smoke, "open", "no smoke requests are set: test y by a pin"),
        ("unsent smoke", .smoke, "open", "1 smoke requests are to be sent"),
        ("bad smoke", .smoke, "violated", "1 of 1 answers differ: GET /: status 200, 404"),
        ("alarm", .freeze, "violated", "the tripwire: routes of x"),
        ("unfrozen", .freeze, "violated", "the freeze was lifted before the end"),
        ("early", .shift, "violated", "y gets traffic before its time: first: health"),
        ("dead", .health, "violated", "y gets traffic and has no usable target"),
    ])
    func `what is seen shows in its step`(
        fact: String, step: UpgradeStep, word: String, reason: String
    ) throws {
        var list = try Self.list(Self.prepared)
        var facts = Self.facts()
        _ = list.observe(Self.factsWithout(step, facts))
        Self.apply(fact, to: &facts)
        let state = list.state(of: step, facts)
        #expect(state.word == word && state.reason.hasPrefix(reason), "\(state)")
    }

    /// What was seen before the fact: all but the step itself, except for the freeze.
    private static func factsWithout(_ step: UpgradeStep, _ facts: UpgradeFacts) -> UpgradeFacts {
        var facts = facts
        if step == .smoke { facts.smoke = [] }
        return facts
    }

    private static func apply(_ fact: String, to facts: inout UpgradeFacts) {
        switch fact {
        case "several versions": facts.x.answerVersions = ["3.4.1", "3.4.0"]
        case "minor": facts.y.adminVersion = "3.6.0"
        case "older": facts.y.adminVersion = "3.4.0"
        case "no version": facts.y.adminVersion = nil
        case "no target": facts.y.usableCount = 0
        case "fewer targets": facts.y.usableCount = 1
        case "no smoke": (facts.smokeRequestCount, facts.smoke) = (0, [])
        case "unsent smoke": facts.smoke = []
        case "bad smoke":
            facts.smoke = [.init(request: "GET /", differences: ["status 200, 404"])]
        case "alarm": facts.tripwireAlarms = ["routes of x changed"]
        case "unfrozen": facts.freezeMode = .off
        case "early": (facts.y.share, facts.y.usableCount) = (0.1, 1)
        case "dead": (facts.y.share, facts.y.usableCount) = (0.1, 0)
        default: Issue.record("no such fact: \(fact)")
        }
    }

    @Test(arguments: [
        ("3.4.1", "3.4.2", KongVersionPair.supported), ("3.4.1", "3.4.1", .supported),
        ("3.4.3.1-enterprise-edition", "3.4.3.2-enterprise-edition", .supported),
        ("3.4.2", "3.4.1", .unsupported("3.4.1 is older than 3.4.2")),
        ("3", "3.4.1", .unknown), ("3.x.1", "3.4.1", .unknown), ("", "3.4.1", .unknown),
    ])
    func `pairs of versions`(old: String, new: String, expected: KongVersionPair) {
        #expect(KongVersionPair(from: old, to: new) == expected)
        #expect(KongVersionPair(from: nil, to: new) == .unknown)
    }

    @Test func `a minor step is against Kong's advice unless a person says otherwise`() throws {
        var list = try Self.list()
        var facts = Self.facts()
        facts.y.adminVersion = "3.5.0"
        #expect(list.state(of: .versions, facts).word == "violated")
        try list.acknowledge(.versions, by: "ops", note: "asked Kong", facts)
        #expect(list.state(of: .versions, facts) == .done)
    }

    @Test func `what cannot be acknowledged is refused with its reason`() throws {
        var list = try Self.list([.backup])
        var facts = Self.facts()
        #expect(throws: UpgradeRefusal.seenByItself(.freeze)) {
            try list.acknowledge(.freeze, by: "ops", note: "n", facts)
        }
        #expect(throws: UpgradeRefusal.byCommand(.finish)) {
            try list.acknowledge(.finish, by: "ops", note: "n", facts)
        }
        #expect(throws: UpgradeRefusal.saidAlready(.backup)) {
            try list.acknowledge(.backup, by: "ops", note: "n", facts)
        }
        #expect(throws: UpgradeRefusal.noteMissing(.changes)) {
            try list.acknowledge(.changes, by: "ops", note: "", facts)
        }
        #expect(throws: UpgradeRefusal.longNote(1_000)) {
            try list.acknowledge(
                .changes, by: "ops", note: String(repeating: "n", count: 1_001), facts)
        }
        facts.freezeMode = .off
        #expect(throws: UpgradeRefusal.held(.migrations, "first: freeze, changes")) {
            try list.acknowledge(.migrations, by: "ops", note: "n", facts)
        }
        #expect(throws: UpgradeRefusal.held(.remove, "first: finish")) {
            try list.acknowledge(.remove, by: "ops", note: "n", facts)
        }
        #expect(try Self.list([.backup]) == list, "a refusal changes nothing")
    }

    @Test func `finish is refused while anything speaks against it`() throws {
        let (list, good) = try Self.shifted()
        let cases: [(String, (inout UpgradeFacts) -> Void)] = [
            ("x still has a weight", { $0.x.share = 0.01 }),
            ("y gets no traffic", { $0.y.share = 0 }),
            ("y has no usable target", { $0.y.usableCount = 0 }),
            ("writes are not frozen", { $0.freezeMode = .off }),
            ("first: freeze", { $0.tripwireAlarms = ["routes"] }),
            ("first: versions", { $0.y.adminVersion = "4.0.0" }),
        ]
        for (reason, change) in cases {
            var (list, facts) = (list, good)
            change(&facts)
            let error = #expect(throws: UpgradeRefusal.self) {
                try list.sayFinished(by: "ops", note: "", facts)
            }
            #expect("\(try #require(error))".contains(reason), "\(reason)")
            #expect(list.latched == nil)
        }
        var early = try Self.list(Self.prepared)
        let error = #expect(throws: UpgradeRefusal.self) {
            try early.sayFinished(by: "ops", note: "", good)
        }
        #expect("\(try #require(error))" == "finish is refused: first: metrics")
    }

    @Test func `from finish on the old side is latched`() throws {
        var (list, facts) = try Self.shifted()
        try list.sayFinished(by: "ops", note: "ran on db1", facts)
        #expect(list.latched == "x" && list.state(of: .finish, facts) == .done)
        #expect(throws: UpgradeRefusal.saidAlready(.finish)) {
            try list.sayFinished(by: "ops", note: "", facts)
        }
        facts.x.share = 0.5
        #expect(list.state(of: .empty, facts).word == "violated")
    }

    @Test func `the end is refused while anything is left`() throws {
        var (list, facts) = try Self.shifted()
        #expect(throws: UpgradeRefusal.notYet("done", ["migrations are not finished"])) {
            try list.sayDone(by: "ops", note: "", facts)
        }
        try list.sayFinished(by: "ops", note: "", facts)
        facts.x.inflightCount = 3
        #expect(throws: UpgradeRefusal.held(.remove, "x has 3 in flight")) {
            try list.acknowledge(.remove, by: "ops", note: "n", facts)
        }
        facts.x.inflightCount = 0
        facts.x.connectionCount = 1
        #expect(throws: UpgradeRefusal.held(.remove, "there are 1 connections to x")) {
            try list.acknowledge(.remove, by: "ops", note: "n", facts)
        }
        let error = #expect(throws: UpgradeRefusal.self) {
            try list.sayDone(by: "ops", note: "", facts)
        }
        let text = "\(try #require(error))"
        for reason in [
            "there are 1 connections to x", "nobody said that x is removed",
            "writes are still frozen", "the watch goes on until 1970-01-02T00:00:01.000Z",
        ] {
            #expect(text.contains(reason), "\(text)")
        }
        facts.x.connectionCount = 0
        #expect(
            list.remarks(of: .remove, facts) == ["x has nothing in flight: it may be removed"])
        try list.acknowledge(.remove, by: "ops", note: "gone", facts)
        facts.freezeMode = .off
        facts.nowMilliseconds = Self.day + 1_000
        #expect(list.state(of: .watch, facts) == .done)
        try list.sayDone(by: "ops", note: "", facts)
        #expect(UpgradeStep.allCases.allSatisfy { list.state(of: $0, facts) == .done })
        #expect(throws: UpgradeRefusal.over("kong")) {
            try list.acknowledge(.smoke, by: "ops", note: "n", facts)
        }
    }

    @Test func `a list is what was kept, byte for byte`() throws {
        var (list, facts) = try Self.shifted()
        try list.sayFinished(by: "o\"ps", note: "two\nlines", facts)
        facts.nowMilliseconds += 5
        _ = list.observe(facts)
        let text = list.encoded()
        #expect(try UpgradeChecklist(decoding: Array(text.utf8)) == list)
        for index in stride(from: 0, to: text.utf8.count, by: 3) {
            var bytes = Array(text.utf8)
            bytes[index] ^= 1
            #expect(throws: UpgradeRefusal.self) { try UpgradeChecklist(decoding: bytes) }
        }
        #expect(throws: UpgradeRefusal.self) { try UpgradeChecklist(decoding: []) }
    }

    @Test func `JSON and text tell every step`() throws {
        var (list, facts) = try Self.shifted()
        facts.prefixes = RequestPrefixes(
            rows: (1...7).map { .init(text: "GET /p\($0)", stableCount: $0) }, overflowCount: 9)
        facts.x.rateLimitedCount = 4
        try list.sayFinished(by: "ops", note: "a\nb", facts)
        let answer = list.answer(facts)
        #expect(answer["steps"]?.elements?.count == UpgradeStep.allCases.count)
        #expect(answer["state"]?.text == "finished" && answer["latched"]?.text == "x")
        let text = UpgradeText.table(answer)
        #expect(text.hasPrefix("upgrade of kong, from x to y: finished, since 1970-01-01T"))
        #expect(text.contains("[x] finish     `kong migrations finish` has run\n"))
        #expect(text.contains("ops: a\\nb\n"))
        #expect(
            text.contains(
                "y has not seen yet what x has answered: GET /p7 (7), GET /p6 (6), GET /p5 (5), "
                    + "GET /p4 (4), GET /p3 (3) and 2 more\n"))
        #expect(text.contains("9 requests are not told apart: their paths are too many\n"))
        #expect(text.contains("429: x 4, y 0; the policies cluster and redis count for both"))
        #expect(text.contains("x stays at 0"))
    }
}
