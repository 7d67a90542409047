import Foundation
import Testing

/// The script behind `make test`: what it says last, and how it ends.
struct TestScriptTests {
    private static let failing = """
        ◇ Test run started.
        ◇ Test "a good one" started.
        ✔ Test "a good one" passed after 0.001 seconds.
        ◇ Test "a bad one" started.
        ◇ Test case passing 1 argument x → 1 to "a bad one" started.
        ✘ Test "a bad one" recorded an issue with 1 argument x → 1 at A.swift:10:9: (1) == (2)
        ↳ what the test says
        of it
        ✔ Test "another good one" passed after 0.001 seconds.
        noise
        ✘ Test "a bad one" with 1 test case failed after 0.1 seconds with 1 issue.
        ✘ Suite A failed after 0.2 seconds with 1 issue.
        ✘ Test run with 3 tests in 1 suite failed after 1 seconds with 1 issue.

        """

    private static let crashing = """
        ◇ Test "a good one" started.
        ✔ Test "a good one" passed after 0.001 seconds.
        ◇ Test "one that crashes" started.
        error: Exited with unexpected signal code 4

        """

    private static let unbuilt = """
        [1/2] Compiling A
        /a/A.swift:1:2: error: cannot find 'b' in scope
        error: fatalError

        """

    /// The last lines of the script around a command that prints a text and ends so.
    private func run(_ text: String, status: Int) throws -> (lines: [Substring], status: Int32) {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "text")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("scripts/test").path
        let result = try ChildProcess.run(
            ["sh", script, "sh", "-c", "cat '\(folder["text"])'; exit \(status)"],
            environment: ["TEST_LOG": folder["log"]])
        #expect(try folder.read("log") == text)
        #expect(result.output.hasPrefix(text))
        return (result.output.dropFirst(text.count).split(separator: "\n"), result.status)
    }

    @Test func `the tests that failed are named last, with what was recorded`() throws {
        let (lines, status) = try run(Self.failing, status: 3)
        #expect(status == 3)
        let source = Self.failing.split(separator: "\n")
        #expect(lines.dropFirst() == [source[5], source[6], source[7], source[10], source[12]])
    }

    @Test func `after a crash the tests that were under way are named`() throws {
        let (lines, status) = try run(Self.crashing, status: 1)
        #expect(status == 1)
        #expect(
            lines.dropFirst() == [
                "error: Exited with unexpected signal code 4",
                "under way at the end: \"one that crashes\"",
            ])
    }

    @Test func `a build that fails is told by its errors`() throws {
        let (lines, status) = try run(Self.unbuilt, status: 1)
        #expect(status == 1)
        #expect(lines.dropFirst() == Self.unbuilt.split(separator: "\n").dropFirst())
    }

    @Test func `nothing is said of tests that pass`() throws {
        let (lines, status) = try run("✔ Test \"a\" passed after 1 seconds.\n", status: 0)
        #expect(lines.isEmpty && status == 0)
    }
}
