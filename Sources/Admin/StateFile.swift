internal import Kernel

/// A file of its own in the state_dir, such as `freeze.state`.
///
/// Calls wait for the disk, one after the other. What is older than what is already there is
/// passed over, so their order does not matter.
package final class StateFile: Sendable {
    /// In bytes: room for as many drains as there may be, with the longest of reasons.
    package static let longestFile = 16 << 20

    private struct Contents {
        var version = 0
        var path: String?
        var fault: String?
    }

    private let contents = Lock(Contents())

    /// A file that has nothing yet.
    package init() {}

    /// What an earlier run has left, nil where there is no file; or why it cannot be used.
    package static func load<Value: Sendable>(
        _ path: String?, longest: Int = longestFile, _ decode: ([UInt8]) throws -> Value
    ) -> (value: Value?, fault: String?) {
        guard let path else { return (nil, nil) }
        do {
            return (try decode(try DurableFile.read(path, limit: longest)), nil)
        } catch let error as Errno where error == .noSuchFile {
            return (nil, nil)
        } catch {
            return (nil, "\(error)")
        }
    }

    /// Writes the text of a version, unless a newer one is there; nil when it is on the disk,
    /// otherwise why not.
    package func write(_ text: String, version: Int, path: String) -> String? {
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
