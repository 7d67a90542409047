import Admin
import FoundationEssentials
import Kernel
import Testing

@Suite struct FileWatcherTests {
    /// Counts what a watcher says.
    final class Listener: Sendable {
        let watcher: FileWatcher
        let heard = Lock(0)

        init(_ path: String) async throws {
            watcher = try FileWatcher(path)
            let heard = heard
            let changes = watcher.changes
            Task { for await _ in changes { heard.withLock { $0 += 1 } } }
            try await wait("the first look") { heard.withLock { $0 } > 0 }
        }

        func hears(_ what: String, after change: () throws -> Void) async throws {
            let before = heard.withLock { $0 }
            try change()
            try await wait(what) { heard.withLock { $0 } > before }
        }
    }

    @Test func `a rewritten file is noticed`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("1", to: "weights.yaml")
        let listener = try await Listener("\(folder.path)/weights.yaml")
        try await listener.hears("a rewriting") {
            // In place: without the option `.atomic` nothing is renamed.
            try Data("22".utf8).write(to: URL(filePath: "\(folder.path)/weights.yaml"))
        }
    }

    @Test func `a file renamed over it is noticed`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("1", to: "weights.yaml")
        let listener = try await Listener("\(folder.path)/weights.yaml")
        for round in 0..<3 {
            try await listener.hears("renaming \(round)") {
                try folder.write("\(round)", to: "new")
                try folder.rename("new", to: "weights.yaml")
            }
        }
    }

    @Test func `a vanished file and its return are noticed`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("1", to: "weights.yaml")
        let listener = try await Listener("\(folder.path)/weights.yaml")
        try await listener.hears("the end") { try folder.remove("weights.yaml") }
        try await listener.hears("the return") { try folder.write("1", to: "weights.yaml") }
    }

    @Test func `a mounted ConfigMap's swap of folders is noticed`() async throws {
        let folder = try TemporaryFolder()
        for version in ["..1", "..2", "..3"] {
            try folder.makeFolder(version)
            try folder.write(version, to: "\(version)/weights.yaml")
        }
        try folder.link("..data", to: "..1")
        try folder.link("weights.yaml", to: "..data/weights.yaml")
        let listener = try await Listener("\(folder.path)/weights.yaml")
        for version in ["..2", "..3"] {
            try await listener.hears("the swap to \(version)") {
                try folder.link("..data_new", to: version)
                try folder.rename("..data_new", to: "..data")
            }
        }
    }

    @Test func `a link's far end is noticed`() async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("far")
        try folder.write("1", to: "far/weights.yaml")
        try folder.link("weights.yaml", to: "far/weights.yaml")
        let listener = try await Listener("\(folder.path)/weights.yaml")
        try await listener.hears("a change at the far end") {
            try folder.write("2", to: "far/new")
            try folder.rename("far/new", to: "far/weights.yaml")
        }
    }

    @Test func `another file can be watched later`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("1", to: "a")
        try folder.write("1", to: "b")
        let listener = try await Listener("\(folder.path)/a")
        try await listener.hears("the new path") { listener.watcher.watch("\(folder.path)/b") }
    }
}
