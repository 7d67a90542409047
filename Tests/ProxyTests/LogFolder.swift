import Foundation
import Kernel
import Settings

/// A folder for the access logs of one test, which goes with it.
final class LogFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/sluice-log-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }

    func settings(
        _ name: String = "log", as format: AccessLogSettings.Format = .json
    ) -> AccessLogSettings {
        AccessLogSettings(to: .file(self[name]), format: format)
    }

    /// All bytes of a file, none when it is not there.
    func bytes(_ name: String = "log") -> [UInt8] {
        (try? Data(contentsOf: URL(fileURLWithPath: self[name]))).map { Array($0) } ?? []
    }

    /// The lines of a file, its last one only if it has ended.
    func lines(_ name: String = "log") -> [String] {
        let bytes = bytes(name)
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        return bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Waits until a file has so many lines; what it has when patience ends otherwise.
    func lines(_ name: String = "log", count: Int) async -> [String] {
        let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
        while true {
            let lines = lines(name)
            if lines.count >= count || Instant.now() >= deadline { return lines }
            await Task.yield()
        }
    }

    /// The same, each line read as JSON.
    func entries(_ name: String = "log", count: Int) async throws -> [LogEntry] {
        try await lines(name, count: count).map { try LogEntry($0) }
    }

    func rename(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: self[name], toPath: self[other])
    }

    func makePipe(_ name: String) throws {
        guard unsafe mkfifo(self[name], 0o600) == 0 else { throw Errno(code: errno) }
    }

    /// A descriptor that reads a file and does not wait for it.
    func openToRead(_ name: String) -> Int32 {
        unsafe open(self[name], O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    }
}

/// Waits for a condition; throws when patience ends.
func wait(_ what: String, _ condition: () -> Bool) async throws {
    let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
    while !condition() {
        guard Instant.now() < deadline else { throw Peer.Failure(what: "waited \(what)") }
        await Task.yield()
    }
}

/// A line of the access log, read by Foundation's parser.
struct LogEntry {
    private let members: [String: Any]

    struct NoObject: Error {
        let line: String
    }

    init(_ line: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        guard let members = object as? [String: Any] else { throw NoObject(line: line) }
        self.members = members
    }

    /// The text of a member; nil when it is none.
    subscript(name: String) -> String? { members[name] as? String }

    /// The number of a member; nil when it is none, null among them.
    subscript(number name: String) -> Double? { (members[name] as? NSNumber)?.doubleValue }

    var status: Int? { self[number: "status"].map { Int($0) } }
    var names: Set<String> { Set(members.keys) }
}
