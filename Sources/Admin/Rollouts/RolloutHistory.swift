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
                let size = try file.size()
                // A line that a crash has torn must not swallow this one.
                let last = try file.tail(most: 1)
                let isTorn = !last.isEmpty && last != [0x0a]
                let bytes = Array(JSONWriter.line(line).utf8) + [0x0a]
                do throws(Errno) {
                    try file.append(isTorn ? [0x0a] + bytes : bytes)
                } catch {
                    // A full disk leaves half a line: it is taken back where that can be done.
                    try? file.truncate(to: size)
                    throw error
                }
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
