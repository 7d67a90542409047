internal import Kernel

/// The journal's file. Each entry is on the disk when its writing returns; a new rollout begins a
/// new one, and one that has grown long is rewritten, in one step, to what it comes to. Calls wait
/// for the disk, one after the other.
package final class RolloutJournal: Sendable {
    /// What an earlier run has left.
    package struct Reading: Sendable, Equatable {
        /// Up to the first that is not whole; what is the matter there; and whether that is more
        /// than the end, which a crash may tear.
        package var entries: [RolloutEntry] = []
        package var isDamaged = false
        package var fault: String?
    }

    private struct Contents {
        var size: Int?
        var fault: String?
        /// From this size on it is long.
        var limit: Int
    }

    /// In bytes, from which on it is rewritten: about an hour and a half of evidence.
    package static let usualLimit = 1 << 20
    /// In bytes: a million clients of each class fit in.
    private static let longestFile = 1 << 30
    private let contents: Lock<Contents>
    private let leastLimit: Int

    /// A journal that has nothing yet.
    package init(limit: Int = usualLimit) {
        leastLimit = limit
        contents = Lock(Contents(limit: limit))
    }

    /// Whether it should be rewritten.
    package var isLong: Bool { contents.withLock { $0.size ?? 0 > $0.limit } }

    /// The entries that an earlier run has left, up to the first that is not whole: what a crash
    /// has torn was not acknowledged.
    package static func load(_ path: String?) -> Reading {
        guard let path else { return Reading() }
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DurableFile.read(path, limit: longestFile)
        } catch .noSuchFile {
            return Reading()
        } catch {
            return Reading(fault: "\(error)")
        }
        return read(bytes)
    }

    /// The entries of a text.
    package static func read(_ bytes: [UInt8]) -> Reading {
        var entries: [RolloutEntry] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0a) {
            let value = try? JSONReader.read(bytes[start..<end])
            guard let entry = value.flatMap(RolloutEntry.init) else {
                let rest = bytes[start...].split(separator: 0x0a).count - 1
                return Reading(
                    entries: entries, isDamaged: true,
                    fault: "line \(entries.count + 1) is no entry, and \(rest) follow it")
            }
            entries.append(entry)
            start = end + 1
        }
        let torn = bytes.count - start
        return Reading(
            entries: entries, fault: torn > 0 ? "its last line is torn (\(torn) bytes)" : nil)
    }

    /// Begins anew with these entries; nil when they are on the disk, otherwise why not.
    package func replace(_ entries: [RolloutEntry], path: String) -> String? {
        contents.withLock { contents in
            do {
                try DurableFile.makeFolder(FilePath.folder(of: path))
                let bytes = Self.bytes(entries)
                _ = try DurableFile.replace(path, with: bytes, mode: 0o600)
                // What cannot be made shorter is not written again and again.
                let limit = max(leastLimit, 2 * bytes.count)
                contents = Contents(size: bytes.count, limit: limit)
                return nil
            } catch {
                contents.fault = "\(error)"
                contents.limit = (contents.size ?? 0) + leastLimit
                return contents.fault
            }
        }
    }

    /// Adds entries; nil when they are on the disk, otherwise why not.
    package func append(_ entries: [RolloutEntry], path: String) -> String? {
        contents.withLock { contents in
            do throws(Errno) {
                let file = try AppendFile(path: path)
                if let known = contents.size {
                    let size = try file.size()
                    // Half a line of a full disk would swallow the next one.
                    if size > known { try file.truncate(to: known) }
                    if size < known {
                        contents.limit = -1
                        return "somebody has removed or cut it; it is written anew as a whole"
                    }
                }
                let bytes = Self.bytes(entries)
                let size = try file.size()
                contents.size = size
                try file.append(bytes)
                contents.size = size + bytes.count
                contents.fault = nil
                return nil
            } catch {
                contents.fault = "\(error)"
                return contents.fault
            }
        }
    }

    private static func bytes(_ entries: [RolloutEntry]) -> [UInt8] {
        entries.flatMap { Array(JSONWriter.line($0.json).utf8) + [0x0a] }
    }
}
