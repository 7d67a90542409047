import Foundation
import Testing

/// `sluice top` in a terminal of its own.
@Suite(.ownThreads)
struct TopTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Support/terminal.py").path

    private struct Outcome: Decodable {
        let status: Int32
        let output: String
        let restored: Bool
        let last: String
    }

    private static func sluice() throws -> Sluice {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        return try Sluice(Settings(x: x.port, y: y.port))
    }

    private static func run(
        _ sluice: Sluice, _ steps: String, environment: [String: String] = [:]
    ) throws -> Outcome {
        // What the surroundings of the tests say of colours is not the program's matter.
        let result = try ChildProcess.run(
            ["python3", script, steps, Sluice.binary, "top", "--socket", sluice.socket],
            environment: ["NO_COLOR": ""].merging(environment) { _, wanted in wanted })
        guard result.status == 0 else { throw TimedOut(result.errors) }
        return try JSONDecoder().decode(Outcome.self, from: Data(result.output.utf8))
    }

    @Test func `keys move the weight and roll back, and q gives the terminal back`() throws {
        let sluice = try Self.sluice()
        let outcome = try Self.run(
            sluice,
            #"""
            [{"wait": "q quit"}, {"send": "+++-"}, {"wait": "from 10.00 % to 12.00 %"},
             {"send": "\r"}, {"wait": "y is at 12.00 %"}, {"send": "+"}, {"wait": "Enter sets"},
             {"send": "\u001b"}, {"size": [60, 10]}, {"signal": 28}, {"wait": "\u001b[2J"},
             {"send": "q"}, {"end": true}]
            """#)
        #expect(outcome.status == 0)
        #expect(outcome.restored)
        #expect(outcome.output.contains("\u{1b}[?1049h") && outcome.output.contains("\u{1b}[34m"))
        #expect(outcome.output.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"))
        #expect(try sluice.split().weights == ["x": 88, "y": 12])
        // On a smaller terminal nothing is wider or longer than it.
        let rows = outcome.last.replacing(/\u{1b}\[[0-9;?]*[A-Za-z]/, with: "")
            .split(whereSeparator: \.isNewline)
        #expect(rows.allSatisfy { $0.count <= 60 }, "\(rows)")
        let back = try Self.run(
            sluice,
            #"[{"wait": "q quit"}, {"send": "r"}, {"wait": "Roll kong back"}, {"send": "\r"}, "#
                + #"{"wait": "kong: everything goes to x"}, {"send": "q"}, {"end": true}]"#)
        #expect(back.status == 0)
        #expect(try sluice.split().weights == ["x": 100, "y": 0])
    }

    @Test func `what Enter has confirmed is done, however soon q follows`() throws {
        let sluice = try Self.sluice()
        let outcome = try Self.run(
            sluice,
            #"[{"wait": "q quit"}, {"send": "r"}, {"wait": "Roll kong back"}, "#
                + #"{"send": "\rq"}, {"end": true}]"#)
        #expect(outcome.status == 0 && outcome.restored)
        #expect(outcome.output.hasSuffix("\u{1b}[?1049lkong: everything goes to x\r\n"))
        #expect(try sluice.split().weights == ["x": 100, "y": 0])
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func `a signal ends it and gives the terminal back`(signal: Int32) throws {
        let outcome = try Self.run(
            try Self.sluice(),
            #"[{"wait": "q quit"}, {"signal": \#(signal)}, {"end": true}]"#)
        #expect(outcome.status == 128 + signal)
        #expect(outcome.restored)
        #expect(outcome.output.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"))
    }

    @Test func `it says when nobody answers any more`() throws {
        let sluice = try Self.sluice()
        let folder = try TemporaryFolder()
        let child = try ChildProcess(
            [
                "python3", Self.script,
                #"[{"wait": "q quit"}, {"touch": "\#(folder["shown"])"}, "#
                    + #"{"wait": "no answer for"}, {"send": "q"}, {"end": true}]"#,
                Sluice.binary, "top", "--socket", sluice.socket,
            ], output: folder["output"], errors: folder["errors"])
        #expect(eventually { FileManager.default.fileExists(atPath: folder["shown"]) })
        sluice.crash()
        #expect(try child.waitForExit() == 0)
        #expect(try folder.read("output").contains("\"restored\": true"))
    }

    @Test func `it says so too while somebody listens and does not answer`() throws {
        let sluice = try Self.sluice()
        let folder = try TemporaryFolder()
        let child = try ChildProcess(
            [
                "python3", Self.script,
                #"[{"size": [60, 12]}, {"wait": "q quit"}, {"touch": "\#(folder["shown"])"}, "#
                    + #"{"wait": "no answer for 3 s"}, {"wait": "no answer for 5 s"}, "#
                    + #"{"touch": "\#(folder["told"])"}, {"wait": "running for"}, "#
                    + #"{"send": "q"}, {"end": true}]"#,
                Sluice.binary, "top", "--socket", sluice.socket,
            ], output: folder["output"], errors: folder["errors"])
        #expect(eventually { FileManager.default.fileExists(atPath: folder["shown"]) })
        sluice.signal(SIGSTOP)
        #expect(eventually { FileManager.default.fileExists(atPath: folder["told"]) })
        sluice.signal(SIGCONT)
        #expect(try child.waitForExit() == 0)
    }

    @Test func `into a pipe, and with --once, it prints plainly and once`() throws {
        let sluice = try Self.sluice()
        for words in [["top"], ["top", "--once"]] {
            let result = try ChildProcess.run(
                [Sluice.binary] + words, environment: ["SLUICE_SOCKET": sluice.socket])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("kong") && result.output.contains("90.00 %"))
            #expect(!result.output.contains("\u{1b}"))
        }
        let plain = try Self.run(
            sluice, #"[{"wait": "q quit"}, {"send": "q"}, {"end": true}]"#,
            environment: ["NO_COLOR": "1"])
        #expect(!plain.output.contains("\u{1b}[34m") && !plain.output.contains("\u{1b}[1m"))
        #expect(plain.restored)
        let nobody = try ChildProcess.run([Sluice.binary, "top", "--socket", "/nowhere"])
        #expect(nobody.status == 69)
        let wrong = try ChildProcess.run([Sluice.binary, "top", "--step", "0"])
        #expect(wrong.status == 2)
    }
}
