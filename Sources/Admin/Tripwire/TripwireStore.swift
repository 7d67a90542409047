internal import Kernel

/// Where the tripwires are kept: `tripwire.state` in the state_dir. Calls wait for the disk; what
/// is older than what is there is passed over.
final class TripwireStore: Sendable {
    /// Both sides of a few splits with 100,000 entities each.
    static let longestFile = 128 << 20

    private struct Contents {
        var version = 0
        var path: String?
        var fault: String?
    }

    private let contents = Lock(Contents())

    /// What an earlier run left; nothing where there is no file; or why it cannot be used.
    static func load(_ path: String?) -> (tripwires: [SplitTripwire], fault: String?) {
        guard let path else { return ([], nil) }
        do {
            let bytes = try DurableFile.read(path, limit: longestFile)
            return (try TripwireState(decoding: bytes).tripwires, nil)
        } catch let error as Errno where error == .noSuchFile {
            return ([], nil)
        } catch {
            return ([], "\(error)")
        }
    }

    /// Writes a version; nil when it is on the disk, otherwise why not.
    func write(_ tripwires: [SplitTripwire], version: Int, path: String) -> String? {
        contents.withLock { contents in
            guard version >= contents.version || contents.path != path else {
                return contents.fault
            }
            contents.version = version
            contents.path = path
            do {
                try DurableFile.makeFolder(FilePath.folder(of: path))
                let text = TripwireState(tripwires).encoded()
                _ = try DurableFile.replace(path, with: Array(text.utf8), mode: 0o600)
                contents.fault = nil
            } catch {
                contents.fault = "\(error)"
            }
            return contents.fault
        }
    }
}
