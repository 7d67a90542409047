import Foundation
import KongLike
import Testing

/// docs/kong-upgrade.md, typed line by line: what it shows is what comes back.
/// SLUICE_WRITE_GUIDE=1 writes what comes back into the documents.
@Suite(.serialized, .ownThreads)
struct GuideTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let isWriting =
        ProcessInfo.processInfo.environment["SLUICE_WRITE_GUIDE"] != nil

    @Test(.timeLimit(.minutes(10)))
    func `the guide's commands do what the guide shows`() throws {
        let guide = try Guide("\(Self.root)/docs/kong-upgrade.md")
        #expect(guide.blocks.count >= 10)
        let stage = try GuideStage(root: Self.root)
        var played: [[Guide.Command]] = []
        for block in guide.blocks {
            played.append([])
            for command in block {
                var actual = command
                actual.output = try stage.play(command, isWriting: Self.isWriting)
                played[played.count - 1].append(actual)
                guard !Self.isWriting else { continue }
                #expect(
                    Guide.essence(actual.output) == Guide.essence(command.output),
                    "$ \(command.line)")
            }
        }
        guard Self.isWriting else { return }
        for name in ["kong-upgrade.md", "ja/kong-upgrade.md"] {
            let document = try Guide("\(Self.root)/docs/\(name)")
            try document.text(with: played).write(
                toFile: document.path, atomically: true, encoding: .utf8)
        }
    }

    @Test func `the Japanese guide shows the same commands and answers`() throws {
        let english = try Guide("\(Self.root)/docs/kong-upgrade.md")
        let japanese = try Guide("\(Self.root)/docs/ja/kong-upgrade.md")
        #expect(english.blocks.count == japanese.blocks.count)
        for (one, other) in zip(english.blocks, japanese.blocks) {
            #expect(one.map(\.line) == other.map(\.line))
            #expect(one.map(\.place) == other.map(\.place))
            #expect(one.map(\.output) == other.map(\.output))
        }
    }
}

/// Where the guide is played: two clusters, their database, and Sluice with the shipped files.
final class GuideStage {
    private let folder = try? TemporaryFolder()
    private let database: KongDatabase
    private let x: KongNode
    private let y: KongNode
    private var child: ChildProcess?
    private var ports: [(written: String, real: String)] = []

    init(root: String) throws {
        database = try KongDatabase.sample(version: "3.4.1")
        x = Self.node("3.4.1", database, "x")
        y = Self.node("3.4.2", database, "y")
        try x.start()
        // It keeps its ports, so that they are known before it is there.
        try y.start()
        y.stop()
        let folder = try #require(self.folder)
        try folder.makeFolder("conf/kong-upgrade")
        try folder.makeFolder("bin")
        try FileManager.default.createSymbolicLink(
            atPath: folder["bin/sluice"], withDestinationPath: Sluice.binary)
        let shipped = "\(root)/conf/kong-upgrade"
        var text = try String(contentsOfFile: "\(shipped)/sluice.yaml", encoding: .utf8)
        text.replace(/"\$\{BIND:-127.0.0.1\}:\d+"/, with: { _ in "127.0.0.1:0" })
        text.replace("${WATCH:-24h}", with: "0s")
        for (name, node) in [("x", x), ("y", y)] {
            text.replace("kong-\(name):8000", with: "127.0.0.1:\(node.proxyPort)")
            text.replace("kong-\(name):8001", with: "127.0.0.1:\(node.adminPort)")
            text.replace("port: 8100", with: "port: \(node.statusPort)", maxReplacements: 1)
            ports.append(("kong-\(name):8000", "127.0.0.1:\(node.proxyPort)"))
            ports.append(("kong-\(name):8001", "127.0.0.1:\(node.adminPort)"))
        }
        try folder.write(text, to: "conf/kong-upgrade/sluice.yaml")
        let weights = try String(contentsOfFile: "\(shipped)/weights.yaml", encoding: .utf8)
        try folder.write(weights, to: "conf/kong-upgrade/weights.yaml")
    }

    deinit { child?.end() }

    private static func node(
        _ version: KongVersion, _ database: KongDatabase, _ cluster: String
    ) -> KongNode {
        var settings = KongNodeSettings()
        settings.cluster = cluster
        // Of the node's own id too: two nodes are not one.
        settings.seed = cluster == "x" ? 1 : 2
        settings.times = KongTimes.measured.scaled(by: 0.1)
        return KongNode(version: version, database: database, settings: settings)
    }

    /// What comes back. Who only looks looks again until it is as expected, or the time is over.
    func play(_ command: Guide.Command, isWriting: Bool) throws -> String {
        if !command.place.isEmpty { return try elsewhere(command.line) }
        if command.line.hasSuffix("&") { return try start() }
        if command.line.hasPrefix("export ") { return "" }
        guard !Self.changes(command.line) else { return try run(command.line) }
        if isWriting { _ = eventually(within: 17) { false } }
        var output = ""
        _ = try eventually {
            output = try run(command.line)
            return isWriting || Guide.essence(output) == Guide.essence(command.output)
        }
        return output
    }

    private static func changes(_ line: String) -> Bool {
        [" -X ", "for ", "=", "freeze", "rollback", "drain", " ack", " start", " finish", " done"]
            .contains { line.contains($0) }
    }

    /// The database's and Kong's own commands.
    private func elsewhere(_ line: String) throws -> String {
        switch line {
        case "kong migrations up": database.migrate(to: "3.4.2")
        case "kong start": try y.start()
        case "kong migrations finish": database.finishMigrations()
        case "kong quit": x.quit()
        case _ where line.hasPrefix("pg_dump"): break
        default: Issue.record("nobody plays `\(line)`")
        }
        return ""
    }

    private func start() throws -> String {
        let folder = try #require(self.folder)
        let child = try ChildProcess(
            [Sluice.binary, "run", "--config", folder["conf/kong-upgrade/sluice.yaml"]],
            output: folder["output"], errors: folder["log"])
        self.child = child
        let isReady = try eventually {
            try !child.isRunning
                || folder.read("log").contains("admin address: ")
                    && run("sluice status").contains("running")
        }
        let log = try folder.read("log")
        guard isReady, child.isRunning else { throw TimedOut("no start: \(log)") }
        for (name, port) in [("api", 8_000), ("admin-x", 8_001), ("admin-y", 8_011)] {
            let line = log.split(separator: "\n").last { $0.contains("listener \(name): on ") }
            let real = line?.split(separator: ":").last.map(String.init) ?? "?"
            ports.append(("127.0.0.1:\(port)", "127.0.0.1:\(real)"))
        }
        return ""
    }

    private func run(_ line: String) throws -> String {
        let folder = try #require(self.folder)
        var typed = line
        for (written, real) in ports { typed.replace(written, with: real) }
        let result = try ChildProcess.run(
            ["/bin/sh", "-c", "cd \(folder.path); { \(typed); } 2>&1"],
            environment: [
                "PATH": "\(folder["bin"]):/usr/bin:/bin",
                "SLUICE_SOCKET": "conf/kong-upgrade/sluice.sock",
            ])
        var output = result.output.replacing("\r\n", with: "\n")
        for (written, real) in ports { output.replace(real, with: written) }
        output.replace(folder.path + "/", with: "")
        if !output.isEmpty && !output.hasSuffix("\n") { output += "\n" }
        return output
    }
}
