import Foundation

/// A browser, where one is installed, driven by browser.py.
struct Browser {
    /// The browser's path; nil where there is none.
    static let program = ["chromium", "chromium-browser", "google-chrome"].lazy
        .flatMap { name in
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
                .map { "\($0)/\(name)" }
        }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("browser.py").path

    /// What a run came to: the values that were asked for, and what the console had of faults.
    struct Outcome: Decodable {
        let values: [String]
        let errors: [String]
    }

    private let folder: TemporaryFolder
    private let child: ChildProcess

    /// Begins to do these steps; `browser.py` says what there is. Values must be texts.
    init(_ steps: [[String: String]]) throws {
        folder = try TemporaryFolder()
        let text = String(decoding: try JSONEncoder().encode(steps), as: UTF8.self)
        child = try ChildProcess(
            ["python3", Self.script, Self.program ?? "chromium", folder["profile"], text],
            output: folder["output"], errors: folder["errors"])
    }

    /// Whether it is still at it.
    var isRunning: Bool { child.isRunning }

    /// Waits for the end of the steps.
    func outcome() throws -> Outcome {
        guard try child.waitForExit(within: 3 * patience) == 0 else {
            throw TimedOut("the browser: \(try folder.read("errors"))")
        }
        return try JSONDecoder().decode(
            Outcome.self, from: Data(try folder.read("output").utf8))
    }
}
