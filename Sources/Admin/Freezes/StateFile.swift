internal import Kernel

/// A small file of its own in the state_dir, such as `freeze.state`.
///
/// Calls wait for the disk, one after the other. What is older than what is already there is
/// passed over, so their order does not matter.
final class StateFile: Sendable {
    /// Room for as much as there may be, with the longest of reasons.
    static let longestFile = 16 << 20

    private struct Contents {
        var version = 0
        var path: String?
        var fault: String?
    }

    private let contents = Lock(Contents())

    /// What an earlier run has left, nil where there is no file; or why it cannot be read.
    static func load(_ path: String?) -> (bytes: [UInt8]?, fault: String?) {
        guard let path else { return (nil, nil) }
        do throws(Errno) {
            return (try DurableFile.read(path, limit: longestFile), nil)
        } catch .noSuchFile {
            return (nil, nil)
        } catch {
            return (nil, "\(error)")
        }
    }

    /// Writes the text of a version, unless a newer one is there; nil when it is on the disk,
    /// otherwise why not.
    func write(_ text: String, version: Int, path: String) -> String? {
        contents.withLock { contents in
            guard version >= contents.version || contents.path != path else {
                return contents.fault
            }
            contents.version = version
            contents.path = path
            do {
                try DurableFile.makeFolder(FilePath.folder(of: path))
                _ = try DurableFile.replace(path, with: Array(text.utf8), mode: 0o600)
                contents.fault = nil
            } catch {
                contents.fault = "\(error)"
            }
            return contents.fault
        }
    }
}
