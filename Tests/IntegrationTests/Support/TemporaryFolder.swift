import Foundation

/// A folder of a test's own, gone with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        // Short, since the path of a Unix socket may have 107 bytes only.
        let name = "sluice-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        path = "/tmp/\(name)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: self[name], encoding: .utf8)
    }

    /// Rewrites the file in place, as an editor without a temporary file does.
    func write(_ text: String, to name: String) throws {
        try text.write(toFile: self[name], atomically: false, encoding: .utf8)
    }

    func write(_ data: Data, to name: String) throws {
        try data.write(to: URL(fileURLWithPath: self[name]))
    }

    /// Puts a whole new file in the place of the old one.
    func replace(_ name: String, with text: String) throws {
        try write(text, to: name + ".new")
        guard unsafe rename(self[name + ".new"], self[name]) == 0 else {
            throw WireError.system("rename", errno)
        }
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: self[name], withIntermediateDirectories: true)
    }

    func size(of name: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: self[name])
        return attributes?[.size] as? Int ?? 0
    }
}
