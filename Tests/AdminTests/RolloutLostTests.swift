import Admin
import Judging
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

/// A journal that is gone or damaged, and a state_dir that is to be another one.
struct RolloutLostTests {
    private static let quiet = RolloutBench.traffic(0.1)

    private func begun() async throws -> RolloutBench {
        let bench = try RolloutBench()
        try await bench.start()
        try await bench.begin()
        await bench.pass(2, Self.quiet)
        try await bench.written()
        return bench
    }

    private func nextLife(
        _ bench: RolloutBench, edit: String? = nil, journal: String? = nil
    ) async throws -> RolloutBench {
        if let journal {
            try bench.folder.write(journal, to: "state/rollout.journal")
        } else {
            try bench.folder.remove("state/rollout.journal")
        }
        if let edit { try bench.folder.write(edit, to: "weights.yaml") }
        let next = try RolloutBench(in: bench.folder)
        try await next.start()
        return next
    }

    @Test(arguments: [String?.none, "garbage\n", ""])
    func `a rollout whose journal is gone is told of, and its candidate gets no more`(
        journal: String?
    ) async throws {
        let bench = try await begun()
        let next = try await nextLife(
            bench, edit: "kong: {x: 20, y: 80}\ntls: {x: 95, y: 5}\n", journal: journal)
        #expect(await next.inForce == "kong 90/10 tls 95/5")
        let answer = await next.rollouts.answer()
        let alarm = try #require(answer["alarm"]?.text)
        #expect(alarm.contains("to 10.0 % of y (plan.yaml: step 1 of 3)"), "\(alarm)")
        let isGone = journal != "garbage\n"
        #expect(alarm.contains("rollout.journal \(isGone ? "is gone" : "cannot be used")"))
        #expect(next.logged.contains(alarm))
        #expect(RolloutText.table(answer).hasPrefix("ALARM: "))
        #expect(RolloutText.summary(answer).hasPrefix("rollout: ALARM: "))
        #expect(await next.rollouts.gauges()?.isAlarm == true)
        await #expect(throws: WeightRefusal.rollout("plan.yaml", split: "kong")) {
            try await next.set("kong", "50", "50")
        }
        await next.pass(3)
        #expect(await next.inForce == "kong 90/10 tls 95/5")
    }

    @Test(arguments: ["abort", "by hand", "another one"])
    func `what is left of it ends by a word`(word: String) async throws {
        let next = try await nextLife(try await begun())
        switch word {
        case "abort":
            try await next.rollouts.abort("enough")
            #expect(await next.inForce == "kong 100/0 tls 100/0")
        case "by hand":
            try await next.set("kong", "50", "50", isForced: true)
            try await next.until("the hold is gone") {
                (try? await next.set("tls", "50", "50")) != nil
            }
            #expect(await next.inForce == "kong 50/50 tls 50/50")
        default:
            try await next.begin()
            #expect(await next.state == "running")
        }
        #expect(await next.rollouts.alarm == nil)
        #expect(await next.rollouts.answer()["error"] == nil)
        if word != "another one" { try await next.set("kong", "1", "99") }
        try await next.written()
        let third = try RolloutBench(in: next.folder)
        try await third.start()
        #expect(await third.rollouts.alarm == nil)
    }

    @Test func `a rollout that has ended leaves nothing to miss`() async throws {
        for isCompleted in [false, true] {
            let bench = try RolloutBench()
            try await bench.start()
            try await bench.begin("splits: [kong, tls]\nsteps: [{weight: 10, hold: 1s}]\n")
            if isCompleted {
                await bench.pass(4, Self.quiet)
                #expect(await bench.state == "completed")
            } else {
                try await bench.rollouts.abort("")
            }
            try await bench.written()
            let next = try await nextLife(bench)
            #expect(await next.rollouts.alarm == nil, "\(isCompleted)")
            try await next.set("kong", "50", "50")
        }
    }

    @Test func `a journal that is damaged in its middle pauses and is told of`() async throws {
        let bench = try await begun()
        let lines = try bench.folder.read("state/rollout.journal").split(separator: "\n")
        #expect(lines.count >= 4)
        var damaged = lines.map(String.init)
        damaged[2] = "rust"
        let text = damaged.map { "\($0)\n" }.joined()
        let next = try await nextLife(bench, journal: text)
        #expect(await next.state == "paused")
        #expect(await next.inForce == "kong 90/10 tls 90/10")
        let damage =
            "rollout.journal is damaged: line 3 is no entry, and \(lines.count - 3) follow it"
        #expect(await next.reason == damage)
        #expect(await next.rollouts.alarm == damage)
        let said = "\(damage); what came after that is lost\n"
        #expect(RolloutText.table(await next.rollouts.answer()).contains(said))
        #expect(RolloutText.history(await next.rollouts.historyAnswer()).contains(said))
        try await next.rollouts.resume("")
        #expect(await next.rollouts.alarm == nil)
        #expect(!RolloutText.table(await next.rollouts.answer()).contains("damaged"))
        // A last line that a crash has torn is nothing to look at.
        try await next.written()
        let torn = try next.folder.read("state/rollout.journal") + "{\"entry\": \"ste"
        let third = try await nextLife(next, journal: torn)
        #expect(await third.state == "running")
        #expect(await third.rollouts.alarm == nil)
    }

    @Test func `a state_dir that moves is refused while a rollout is under way`() async throws {
        let bench = try await begun()
        try bench.folder.write(
            "listeners: {}\nstate_dir: other\nsplits: {}\n", to: "sluice.yaml")
        let path = "\(bench.folder.path)/sluice.yaml"
        let faults = { (snapshot: Snapshot) async -> [SettingsError] in
            do throws(SettingsErrors) {
                try await bench.rollouts.checkRoles(in: snapshot, path: path)
                return []
            } catch {
                return error.errors
            }
        }
        for place in ["\(bench.folder.path)/other", nil] {
            var moved = bench.snapshot
            moved.stateDirectory = place
            let fault = try #require(await faults(moved).first)
            #expect(fault.line == 2 && fault.column == 1)
            #expect(
                fault.message
                    == "the rollout plan.yaml is under way and its journal is in `state_dir`, "
                    + "which is \(place ?? "missing") now; expected \(bench.folder.path)/state "
                    + "until it is over; `sluice rollout abort` ends it")
        }
        #expect(await faults(bench.snapshot).isEmpty)
        try await bench.rollouts.abort("")
        try await bench.written()
        var moved = bench.snapshot
        moved.stateDirectory = "\(bench.folder.path)/other"
        #expect(await faults(moved).isEmpty)
        // What it came to goes along, and the next one is written there.
        await bench.rollouts.adopt(moved)
        #expect(try bench.folder.read("other/rollout.journal").contains("\"aborted\""))
        #expect(try bench.folder.read("other/rollout.history").contains("aborted"))
        try await bench.begin()
        try await bench.written()
        #expect(try bench.folder.read("other/rollout.journal").contains("\"start\""))
    }
}
