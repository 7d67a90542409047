import Foundation
import Kernel
import Testing

/// Rollouts of a running proxy: real traffic, real errors, a real kill.
@Suite(.serialized, .ownThreads)
struct RolloutTests {
    private static let plan = """
        splits: [kong]
        steps:
          - {weight: 20, hold: 3s, min_requests: 20}
          - {weight: 50, hold: 2s, approve: true}
        """

    /// Two upstreams that answer well, until y is told not to.
    private final class Cast {
        let isBroken = Lock(false)
        let x: ScriptedUpstream
        let y: ScriptedUpstream
        let sluice: Sluice

        init() throws {
            let isBroken = isBroken
            x = try ScriptedUpstream(name: "x")
            y = try ScriptedUpstream(answering: { _ in
                isBroken.withLock { $0 }
                    ? "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" : .ok("y")
            })
            var settings = Settings(
                x: x.port, y: y.port,
                weights: "{weights: {x: 100, y: 0}, stable: x, candidate: y}")
            settings.weightsFile = "kong: {x: 100, y: 0}\n"
            sluice = try Sluice(settings)
            try sluice.folder.write(RolloutTests.plan, to: "plan.yaml")
        }

        func start() throws {
            let result = try sluice.command("rollout", "start", sluice.folder["plan.yaml"])
            #expect(result.status == 0, "\(result.errors)")
        }

        /// A little traffic, whatever it is answered with.
        func ask(_ count: Int) throws {
            let wire = try sluice.connect()
            for _ in 0..<count { _ = try wire.get("/orders/1") }
        }

        func share() throws -> Double { try sluice.split().weights["y"] ?? -1 }

        func rollout(_ words: String) throws -> Bool {
            try sluice.command("rollout", "status").output.contains(words)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a good candidate moves on, one that breaks goes back by itself`() throws {
        let cast = try Cast()
        try cast.start()
        #expect(try cast.share() == 20)
        let refused = try cast.sluice.command("split", "kong", "x=10", "y=90")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("rollout"), "\(refused.errors)")
        let early = try cast.sluice.command("rollout", "approve")
        #expect(early.status == 1)
        #expect(early.errors.contains("the next one that does is step 2"), "\(early.errors)")
        let none = try cast.sluice.command("rollout", "approve", "--step", "0")
        #expect(none.errors.contains("expected the number of a step, from 1 on"))
        #expect(
            try eventually {
                try cast.ask(20)
                return try cast.share() == 50
            })
        #expect(
            try eventually {
                try cast.ask(5)
                return try cast.rollout("awaiting approval")
            })
        let page = try cast.sluice.metrics()
        #expect(page.sum("sluice_rollout_state", ["state": "awaiting_approval"]) == 1)
        #expect(page.sum("sluice_rollout_step") == 2)
        #expect(page.sum("sluice_rollout_unwritten") == 0)
        let other = try cast.sluice.command("rollout", "approve", "--step", "1")
        #expect(other.errors.contains("step 2 of 2 waits for an approval"), "\(other.errors)")
        cast.isBroken.withLock { $0 = true }
        #expect(
            try eventually {
                try cast.ask(10)
                return try cast.share() == 0
            })
        #expect(try eventually { try cast.rollout("rolled back") })
        #expect(try cast.sluice.folder.read("weights.yaml") == "kong: {x: 100, y: 0}\n")
        let history = try cast.sluice.command("rollout", "history").output
        #expect(history.contains("5xx and broken answers at /orders/1") || history.contains("5xx"))
        #expect(
            try eventually {
                try cast.sluice.folder.read("state/audit.jsonl").contains("rollout_rollback")
            })
        #expect(try cast.sluice.command("rollout", "abort").status == 1)
    }

    @Test(.timeLimit(.minutes(4)))
    func `after a kill it goes on where it was`() throws {
        let cast = try Cast()
        try cast.start()
        try cast.ask(50)
        #expect(
            try eventually {
                try cast.ask(1)
                return try cast.sluice.folder.read("state/rollout.journal")
                    .contains("\"entry\": \"evidence\"")
            })
        cast.sluice.crash()
        // Somebody raises the candidate meanwhile.
        try cast.sluice.folder.write("kong: {x: 5, y: 95}\n", to: "weights.yaml")
        try cast.sluice.start()
        #expect(try cast.share() == 20)
        #expect(try cast.rollout("running"))
        #expect(try cast.sluice.folder.read("weights.yaml") == "kong: {x: 5, y: 95}\n")
        let status = try cast.sluice.command("status").output
        #expect(status.contains("refused"), "\(status)")
        let aborted = try cast.sluice.command("rollout", "abort", "--reason", "enough")
        #expect(aborted.status == 0, "\(aborted.errors)")
        #expect(try cast.share() == 0)
    }

    @Test(.timeLimit(.minutes(4)))
    func `it begins when the list of the upgrade and the smoke requests allow it`() throws {
        let cast = try Cast()
        let sluice = cast.sluice
        try sluice.folder.write(
            Self.plan + "\nchecklist: [changes]\nsmoke: [{path: /a}, {path: /b?c=1}]\n",
            to: "plan.yaml")
        let start = { try sluice.command("rollout", "start", sluice.folder["plan.yaml"]) }
        var refused = try start()
        #expect(refused.status == 1)
        #expect(refused.errors.contains("misses changes;"), "\(refused.errors)")
        #expect(try sluice.command("upgrade", "start", "kong").status == 0)
        #expect(try sluice.command("upgrade", "ack", "changes", "--note", "done").status == 0)
        // The list is well, the candidate is not.
        cast.isBroken.withLock { $0 = true }
        refused = try start()
        #expect(refused.status == 1)
        #expect(refused.errors.contains("answer smoke requests differently"))
        #expect(refused.errors.contains("/b?c=1"), "\(refused.errors)")
        cast.y.stop()
        refused = try start()
        #expect(refused.status == 1, "\(refused.errors)")
        #expect(try cast.share() == 0)
        #expect(try sluice.command("rollout", "status").output.contains("no rollout"))
    }

    @Test func `what both sides answer alike lets it begin`() throws {
        let cast = try Cast()
        try cast.sluice.folder.write(
            Self.plan + "\nsmoke: [{path: /a}]\n", to: "plan.yaml")
        try cast.start()
        #expect(try cast.share() == 20)
        #expect(cast.x.requests.contains { $0.target == "/a" })
        #expect(cast.y.requests.contains { $0.target == "/a" })
    }

    /// Typed in the folder of the project, as they stand there.
    @Test(arguments: ["docs/rollouts.md", "docs/ja/rollouts.md"])
    func `the document's commands do what they say`(document: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        let cast = try Cast()
        let folder = cast.sluice.folder
        try folder.makeFolder("bin")
        try FileManager.default.createSymbolicLink(
            atPath: folder["bin/sluice"], withDestinationPath: Sluice.binary)
        let type = { (line: String) in
            let result = try ChildProcess.run(
                ["/bin/sh", "-c", "cd \(root) && \(line) 2>&1"],
                environment: [
                    "PATH": "\(folder["bin"]):/usr/bin:/bin", "SLUICE_SOCKET": cast.sluice.socket,
                ])
            #expect(result.status == 0, "\(line): \(result.output)")
            return result.output
        }
        let text = try String(contentsOfFile: "\(root)/\(document)", encoding: .utf8)
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("sluice rollout ") }
        #expect(lines.count == 3)
        let answers = try lines.map { try type(String($0)) }
        #expect(answers.first?.contains("sound; kong to 1, 10, 50, 95, 100") == true)
        #expect(answers.last?.contains("rollout conf/rollout/plan.yaml of kong: running") == true)
        #expect(try cast.share() == 1)
        // Those of the table.
        for word in ["pause", "resume", "status --json", "history", "abort"] {
            #expect(text.contains("`\(word.prefix { $0 != " " })"), "\(word)")
            _ = try type("sluice rollout \(word)")
        }
        #expect(try cast.share() == 0)
    }

    @Test func `a reload that swaps the sides under a rollout is refused, and nothing changes`()
        throws
    {
        let cast = try Cast()
        try cast.start()
        let sluice = cast.sluice
        let text = try sluice.folder.read("sluice.yaml")
        let swapped = text.replacing("stable: x, candidate: y", with: "stable: y, candidate: x")
        #expect(swapped != text)
        try sluice.folder.write(swapped, to: "sluice.yaml")
        sluice.reload()
        #expect(try eventually { try !sluice.status().reload.successful })
        let words =
            "the rollout \(sluice.folder["plan.yaml"]) is under way and the split `kong` has"
        #expect(sluice.logCount(words) == 1)
        #expect(sluice.logCount("sluice.yaml:") >= 1)
        #expect(try cast.share() == 20)
        #expect(try cast.rollout("running"))
        try sluice.folder.write(text, to: "sluice.yaml")
        sluice.reload()
        #expect(try eventually { try sluice.status().reload.successful })
        #expect(try cast.share() == 20)
        // When it is over everything is possible again.
        #expect(try sluice.command("rollout", "abort").status == 0)
        try sluice.folder.write(swapped, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 2 })
    }

    @Test(.timeLimit(.minutes(4)))
    func `without health a candidate that is gone goes back, as its traffic shows`() throws {
        let cast = try Cast()
        try cast.sluice.folder.write(
            "splits: [kong]\nsteps: [{weight: 20, hold: 1h}]\n"
                + "guards: {no_usable_target: 2s}\n", to: "plan.yaml")
        try cast.start()
        #expect(try eventually { try cast.rollout("no_usable_target: no_data, no `health`") })
        #expect(
            try eventually {
                try cast.ask(10)
                return try cast.rollout("no_usable_target: holds")
            })
        cast.y.stop()
        #expect(
            try eventually {
                try cast.ask(10)
                return try cast.share() == 0
            })
        let history = try cast.sluice.command("rollout", "history").output
        #expect(history.contains("in a row got no answer"), "\(history)")
    }

    @Test func `bad plans are refused by the command and by the proxy`() throws {
        let cast = try Cast()
        try cast.sluice.folder.write(
            "splits: [kung]\nsteps: [{weight: 110, hold: 1m}]\n", to: "bad.yaml")
        let bad = cast.sluice.folder["bad.yaml"]
        let config = cast.sluice.folder["sluice.yaml"]
        let checked = try cast.sluice.command("rollout", "check", bad, "--config", config)
        #expect(checked.status == 1)
        #expect(checked.errors.contains("bad.yaml:1:10: there is no split `kung`"))
        #expect(checked.errors.contains("bad.yaml:2:18: `weight` is `110`"))
        let started = try cast.sluice.command("rollout", "start", bad)
        #expect(started.status == 1)
        #expect(started.errors.contains("there is no split `kung`"), "\(started.errors)")
        #expect(try cast.sluice.command("rollout", "check", "nowhere.yaml").status == 1)
        let lost = try cast.sluice.command("rollout", "start", "nowhere.yaml")
        #expect(lost.status == 1)
        #expect(lost.errors.contains("expected a file to read; it was looked for in /"))
        try cast.sluice.folder.write(
            "# \(String(repeating: "long ", count: 10_000))\n" + Self.plan, to: "long.yaml")
        let long = try cast.sluice.command("rollout", "start", cast.sluice.folder["long.yaml"])
        #expect(long.errors.contains("expected at most 49152"), "\(long.errors)")
        #expect(try cast.sluice.command("rollout", "resume").status == 1)
        #expect(try cast.sluice.command("rollout").output.contains("no rollout"))
        let sound = cast.sluice.folder["plan.yaml"]
        #expect(
            try cast.sluice.command("rollout", "check", sound, "--config", config).status == 0)
        // What is allowed and unwise is said beside it.
        try cast.sluice.folder.write(
            Self.plan + "\nrequire: {at_most_worse: 2}\n", to: "unwise.yaml")
        let unwise = try cast.sluice.command(
            "rollout", "check", cast.sluice.folder["unwise.yaml"], "--config", config)
        #expect(unwise.status == 0)
        #expect(unwise.errors.contains("unwise.yaml:5:11: `at_most_worse` is refuted by failures"))
        #expect(unwise.errors.hasSuffix(" (warning)\n"), "\(unwise.errors)")
    }
}
