import Foundation
import Testing

/// `sluice demo`, as somebody meets Sluice for the first time.
@Suite(.ownThreads)
struct DemoTests {
    @Test func `it ends by itself with a summary`() throws {
        let result = try ChildProcess.run([Sluice.binary, "demo", "--seconds", "2"])
        #expect(result.status == 0, "\(result.errors)")
        for word in [
            "curl", "split kong", "rollback kong", "weights.yaml", "measured", " 0 errors",
            "Dashboard: http://127.0.0.1:", "unlocked by the token",
        ] {
            #expect(result.output.contains(word), "\(word)")
        }
    }

    @Test func `it reacts to the weight file and to the command`() throws {
        let folder = try TemporaryFolder()
        let demo = try ChildProcess(
            [Sluice.binary, "demo"], output: folder["output"], errors: folder["errors"])
        let shows = { (text: String) in
            try eventually { try folder.read("output").contains(text) }
        }
        #expect(try shows("y: set 10.00 %"))
        let words = try folder.read("output").split { $0.isWhitespace }
        let file = try #require(words.last { $0.hasSuffix("/weights.yaml") })
        try "kong: {x: 60, y: 40}\n".write(
            toFile: String(file), atomically: true, encoding: .utf8)
        #expect(try shows("y: set 40.00 %"))
        let socket = try #require(words.last { $0.hasSuffix(".sock") })
        let result = try ChildProcess.run([
            Sluice.binary, "split", "kong", "x=25", "y=75", "--socket", String(socket),
        ])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try shows("y: set 75.00 %"))
        demo.signal(SIGINT)
        #expect(try demo.waitForExit() == 0)
        #expect(!FileManager.default.fileExists(atPath: String(file)))
    }

    @Test(arguments: [
        #"[{"wait": "Dashboard: "}, {"wait": "10.00 %"}, {"signal": 1}, {"end": true}]"#,
        #"[{"wait": "Dashboard: "}, {"wait": "10.00 %"}, {"hangup": true}]"#,
    ])
    func `it ends with its terminal`(steps: String) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Support/terminal.py").path
        let result = try ChildProcess.run(
            ["python3", script, steps, Sluice.binary, "demo"], within: 120)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains(#""status": 0"#), "\(result.output)")
    }

    @Test func `it ends when nobody reads what it says`() throws {
        let result = try ChildProcess.run(
            ["sh", "-c", "\(Sluice.binary) demo | head -n 1"], within: 120)
        #expect(result.output.hasPrefix("Sluice splits"), "\(result.output)")
    }

    /// One run for both acts: what they show, in its order.
    @Test(.timeLimit(.minutes(5)))
    func `it plays an upgrade that goes well, and one that goes back by itself`() throws {
        let result = try ChildProcess.run(
            [Sluice.binary, "demo", "--upgrade", "--seconds", "2"], within: 180)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        var rest = result.output[...]
        for step in 1...10 {
            let found = rest.range(of: "== Step \(step) of 10: ")
            #expect(found != nil, "step \(step)")
            if let found { rest = rest[found.upperBound...] }
        }
        for words in [
            "frozen (both)", "423 Locked", "kong/3.4.2", "$ sluice rollout start plan.yaml",
            "rollout plan.yaml of kong: awaiting approval", "step 3 of 4: weight 95",
            "not frozen", "201 Created", " 0 errors",
            "upgrade of kong, from x to y: running", "[x] backup", "2 of 2 answers are alike",
            "x is kept at weight 0 from now on", "[x] remove", "the upgrade of kong is over",
        ] {
            #expect(result.output.contains(words), "\(words)")
        }
        #expect(result.errors.contains("x"), "what raises x is refused: \(result.errors)")
        #expect(result.errors.contains("the rollout plan.yaml"), "\(result.errors)")
        for words in [
            "== Act two", "step 1 of 2: weight 10", "nobody types anything",
            "is rolled back: 5xx and broken answers are more frequent on y: at 10.0 %",
            "rollout plan.yaml of kong: rolled back", "most of all at /orders/{id}",
            "rolled_back at step 1 of 2", "checked by hand", "docs/rollouts.md",
        ] {
            let found = rest.range(of: words)
            #expect(found != nil, "\(words) in \(rest)")
            if let found { rest = rest[found.upperBound...] }
        }
    }
}
