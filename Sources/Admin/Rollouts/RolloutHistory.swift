internal import Kernel

/// What became of earlier rollouts: a line for each, in `rollout.history` of the state_dir.
package final class RolloutHistory: Sendable {
    private static let longestFile = 16 << 20
    private static let mostShown = 100
    private let lock = Lock(())

    /// A history that has nothing yet.
    package init() {}

    /// Adds a line; nil when it is on the disk, otherwise why not.
    package func append(_ line: JSONValue, path: String) -> String? {
        lock.withLock { _ in
            do throws(Errno) {
                let file = try AppendFile(path: path)
                try file.append(Array(JSONWriter.line(line).utf8) + [0x0a])
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    /// The last lines, the oldest first; what is no line of ours is passed over.
    package static func read(_ path: String) -> [JSONValue] {
        guard let bytes = try? DurableFile.read(path, limit: longestFile) else { return [] }
        let lines = bytes.split(separator: 0x0a).suffix(mostShown)
        return lines.compactMap { try? JSONReader.read($0) }
    }
}
