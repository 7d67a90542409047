internal import Kernel
package import Settings

/// Where drains are kept: `drains.state`, a small file of its own in the state_dir.
///
/// Calls wait for the disk, one after the other. What is older than what is already there is
/// passed over, so their order does not matter.
package final class DrainStore: Sendable {
    /// Room for as many drains as the keeper takes, with the longest of reasons.
    static let longestFile = 16 << 20

    private struct Contents {
        var version = 0
        var path: String?
        var fault: String?
    }

    private let contents = Lock(Contents())

    /// A store that has nothing yet.
    package init() {}

    /// The path of the file; nil when nothing is kept.
    package static func path(_ snapshot: Snapshot) -> String? {
        snapshot.stateDirectory.map { "\($0)/drains.state" }
    }

    /// The drains of an earlier run, none where there is no file; or why it cannot be used.
    package static func load(_ path: String?) -> (drains: [Drain], fault: String?) {
        guard let path else { return ([], nil) }
        do {
            let bytes = try DurableFile.read(path, limit: longestFile)
            return (try DrainsState(decoding: bytes).drains, nil)
        } catch let error as Errno where error == .noSuchFile {
            return ([], nil)
        } catch {
            return ([], "\(error)")
        }
    }

    /// Writes the drains of a version, unless a newer one is there; nil when they are on the disk,
    /// otherwise why not.
    package func write(_ drains: [Drain], version: Int, path: String) -> String? {
        contents.withLock { contents in
            guard version >= contents.version || contents.path != path else {
                return contents.fault
            }
            contents.version = version
            contents.path = path
            do {
                try DurableFile.makeFolder(FilePath.folder(of: path))
                let text = DrainsState(drains: drains).encoded()
                _ = try DurableFile.replace(path, with: Array(text.utf8), mode: 0o600)
                contents.fault = nil
            } catch {
                contents.fault = "\(error)"
            }
            return contents.fault
        }
    }
}
