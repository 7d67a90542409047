import FoundationEssentials
import Glibc
import Kernel
import Testing

/// A folder for one test, which goes with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let root = FileManager.default.temporaryDirectory.path
        path = "\(root)/sluice-test-\(UUID().uuidString.prefix(12))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        guard FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data(text.utf8))
        else { throw Errno.permissionDenied }
    }

    func read(_ name: String) throws -> String {
        String(decoding: try DurableFile.read("\(path)/\(name)", limit: 1 << 20), as: UTF8.self)
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(path)/\(name)", withIntermediateDirectories: false)
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    func link(_ name: String, to destination: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: "\(path)/\(name)", withDestinationPath: destination)
    }

    func rename(_ name: String, to other: String) throws {
        // Replaces what is there, unlike the file manager's own way of moving.
        #expect(unsafe Glibc.rename("\(path)/\(name)", "\(path)/\(other)") == 0)
    }

    /// Makes `name` a file that cannot be replaced, even by the superuser: the name that its
    /// next text would be written under is taken by a folder.
    func block(_ name: String) throws {
        try makeFolder(".\(name).new")
    }

    func unblock(_ name: String) throws {
        try remove(".\(name).new")
    }
}

/// Waits for a condition; a test that waits in vain fails. Long, as all tests share few threads,
/// and some keep them busy for minutes.
func wait(
    _ what: String, seconds: Double = 300, _ condition: () async -> Bool
) async throws {
    let deadline = Instant.now().advanced(byMilliseconds: Int(seconds * 1_000))
    while await !condition() {
        guard Instant.now() < deadline else {
            Issue.record("waited in vain: \(what)")
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
