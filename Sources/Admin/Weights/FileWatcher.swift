package import Kernel

/// Notices when one of a few files may have changed: by events of the folders that lead to them,
/// and once a second by a look at the files themselves, for file systems that send no events.
package final class FileWatcher: Sendable {
    private static let lookMilliseconds: Int32 = 1_000
    /// A file written so recently may be in the middle of it.
    private static let restMilliseconds: Int64 = 100
    /// So soon after another write the clock of the file system may not tell the two apart.
    private static let freshMilliseconds: Int64 = 2_000
    /// Symlinks followed from one to the next.
    private static let longestChain = 16

    private struct Target {
        var paths: Set<String> = []
        var isEnded = false
    }

    /// One element for each time that a file may have changed.
    package let changes: AsyncStream<Void>
    private let target: Lock<Target>
    private let continuation: AsyncStream<Void>.Continuation

    /// Watches this file, or none until `watch`.
    package convenience init(_ path: String?) throws(Errno) {
        try self.init(paths: path.map { [$0] } ?? [])
    }

    /// Watches these files.
    package init(paths: [String]) throws(Errno) {
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        target = Lock(Target(paths: Set(paths)))
        let descriptor = try Inotify().release()
        try WorkerThread.start(name: "sluice-watcher") { [target, continuation] in
            Self.run(Inotify(owning: descriptor), target, continuation)
        }
    }

    deinit { target.withLock { $0.isEnded = true } }

    /// Watches this file from the next second on, or none.
    package func watch(_ path: String?) { watch(paths: path.map { [$0] } ?? []) }

    /// Watches these files from the next second on.
    package func watch(paths: [String]) { target.withLock { $0.paths = Set(paths) } }

    /// Says that a file may have changed, as if one had.
    package func nudge() { continuation.yield() }

    private static func run(
        _ inotify: borrowing Inotify, _ target: Lock<Target>,
        _ continuation: AsyncStream<Void>.Continuation
    ) {
        var lastPaths: Set<String> = []
        var lastFacts: [String: FileFacts] = [:]
        var isRestless = false
        while true {
            let now = target.withLock { $0 }
            if now.isEnded { return }
            for path in now.paths {
                for folder in folders(of: path) { try? inotify.watch(folder: folder) }
            }
            let facts = facts(now.paths)
            // Whatever happened before the watch began is looked at now.
            let isOther = facts != lastFacts || now.paths != lastPaths
            isRestless = isOther && isYounger(facts, than: restMilliseconds)
            if isOther, !isRestless { continuation.yield() }
            if !isRestless { lastFacts = facts }
            lastPaths = now.paths

            let wait = isRestless ? Int32(restMilliseconds) : lookMilliseconds
            guard inotify.wait(milliseconds: wait), !now.paths.isEmpty else { continue }
            let after = Self.facts(now.paths)
            if after != lastFacts || isYounger(after, than: freshMilliseconds) {
                continuation.yield()
            }
            lastFacts = after
        }
    }

    private static func facts(_ paths: Set<String>) -> [String: FileFacts] {
        var facts: [String: FileFacts] = [:]
        for path in paths { facts[path] = FileFacts(path: path) }
        return facts
    }

    private static func isYounger(
        _ facts: [String: FileFacts], than milliseconds: Int64
    ) -> Bool {
        facts.values.contains { $0.ageMilliseconds < milliseconds }
    }

    /// The folders in which a name on the way to the file can change: the file's own, and those
    /// of each symlink that it leads through.
    static func folders(of path: String) -> Set<String> {
        var folders: Set = [FilePath.folder(of: path)]
        var next = path
        for _ in 0..<longestChain {
            guard let destination = FilePath.destination(ofLink: next) else { break }
            folders.insert(FilePath.folder(of: destination))
            next = destination
        }
        // A link may also stand for a folder on the way: `..data` of a mounted ConfigMap.
        for folder in folders {
            if let resolved = FilePath.resolved(folder) { folders.insert(resolved) }
            if FilePath.destination(ofLink: folder) != nil {
                folders.insert(FilePath.folder(of: folder))
            }
        }
        return folders
    }
}
