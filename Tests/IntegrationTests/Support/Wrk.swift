import Foundation

/// wrk as a load on a proxy.
struct Wrk {
    private let child: ChildProcess
    private let files: TemporaryFolder
    private let seconds: Int

    /// What wrk has counted.
    struct Report {
        let text: String
        let requestCount: Int
        /// wrk speaks of errors only when there were some.
        var hasErrors: Bool {
            text.contains("Socket errors") || text.contains("Non-2xx") || requestCount == 0
        }
    }

    init(
        port: UInt16, connections: Int = 64, seconds: Int, path: String = "/", fields: [String] = []
    ) throws {
        files = try TemporaryFolder()
        child = try ChildProcess(
            [
                "wrk", "--threads", "1", "--connections", "\(connections)", "--duration",
                "\(seconds)s", "--timeout", "30s", "http://127.0.0.1:\(port)\(path)",
            ] + fields.flatMap { ["--header", $0] },
            output: files["output"], errors: files["errors"])
        self.seconds = seconds
    }

    /// Ends it early; it reports all the same.
    func stop() { child.signal(SIGINT) }

    /// Waits for its end.
    func report() throws -> Report {
        try child.waitForExit(within: Double(seconds) + patience)
        let text = try files.read("output")
        let line = text.split(separator: "\n").first { $0.contains(" requests in ") }
        let count = line?.split(separator: " ").first.flatMap { Int($0) } ?? 0
        return Report(text: text, requestCount: count)
    }

    /// How long a load lasts: 10 s, or 30 s with SLUICE_LONG=1.
    static let loadSeconds =
        ProcessInfo.processInfo.environment["SLUICE_LONG"] == "1" ? 30 : 10
}
