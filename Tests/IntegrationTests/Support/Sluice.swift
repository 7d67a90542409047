import Foundation

/// The binary under test, running as a child in a folder of its own.
final class Sluice {
    let folder: TemporaryFolder
    private(set) var port: UInt16 = 0
    private(set) var adminPort: UInt16 = 0
    private(set) var child: ChildProcess?
    private let program: [String]
    /// The listener whose port is `port`.
    private let listener: String

    /// SLUICE_BINARY, else the release build of this package.
    static let binary: String = {
        let named = ProcessInfo.processInfo.environment["SLUICE_BINARY"] ?? ""
        if !named.isEmpty { return named }
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return root.appendingPathComponent(".build/release/sluice").path
    }()

    /// Starts with such files and waits until it is ready. `program` is what starts it.
    init(
        _ settings: Settings, in folder: TemporaryFolder? = nil, program: [String] = [binary]
    ) throws {
        self.folder = try folder ?? TemporaryFolder()
        self.program = program
        listener = "api"
        try self.folder.write(settings.text, to: "sluice.yaml")
        if let text = settings.weightsFile {
            try self.folder.write(text, to: settings.weightsPath)
        }
        try start()
    }

    /// Starts with these files, sluice.yaml among them.
    init(files: [String: String], listener: String) throws {
        folder = try TemporaryFolder()
        program = [Self.binary]
        self.listener = listener
        for (name, text) in files { try folder.write(text, to: name) }
        try start()
    }

    deinit { child?.end() }

    var socket: String { folder["sluice.sock"] }
    var log: String { (try? folder.read("log")) ?? "" }

    /// Starts it, a first time or again, and waits until clients may come.
    func start() throws {
        child?.end()
        try? FileManager.default.removeItem(atPath: folder["log"])
        let child = try ChildProcess(
            program + ["run", "--config", folder["sluice.yaml"]],
            output: folder["output"], errors: folder["log"])
        self.child = child
        let isReady = eventually { !child.isRunning || learnPorts() }
        guard isReady, child.isRunning else { throw TimedOut("no start: \(log)") }
    }

    private func learnPorts() -> Bool {
        guard let port = loggedPort("listener \(listener): on "),
            let adminPort = loggedPort("admin address: "),
            (try? control("GET", "/readyz"))?.status == 200
        else { return false }
        (self.port, self.adminPort) = (port, adminPort)
        return true
    }

    /// The port at the end of the last log line with such words.
    func loggedPort(_ words: String) -> UInt16? {
        let line = log.split(separator: "\n").last { $0.contains(words) }
        return line?.split(separator: ":").last.flatMap { UInt16($0) }
    }

    func reload() { child?.signal(SIGHUP) }
    func reopenLog() { child?.signal(SIGUSR1) }
    func crash() { child?.end() }
    func signal(_ number: Int32) { child?.signal(number) }

    /// Sends SIGTERM and waits for the end; the exit status.
    func stop(within seconds: Double = patience) throws -> Int32? {
        child?.signal(SIGTERM)
        return try child?.waitForExit(within: seconds)
    }

    func connect() throws -> Wire { try Wire(port: port) }

    /// One exchange on a connection of its own.
    func get(_ path: String = "/", fields: [String] = []) throws -> Message {
        try connect().get(path, fields: fields)
    }

    /// How many log lines hold such words.
    func logCount(_ words: String) -> Int {
        log.split(separator: "\n").count { $0.contains(words) }
    }

    /// Runs a command of the binary against this proxy.
    func command(_ arguments: String..., environment: [String: String] = [:]) throws
        -> ChildProcess.Result
    {
        try command(arguments, environment: environment)
    }

    func command(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> ChildProcess.Result {
        let surroundings = ["SLUICE_SOCKET": socket].merging(environment) { _, new in new }
        return try ChildProcess.run([Self.binary] + arguments, environment: surroundings)
    }
}
