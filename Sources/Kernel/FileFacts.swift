internal import CLinux

/// What tells one state of a file from another without reading it (stat(2)).
package struct FileFacts: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modifiedNanoseconds: Int64
    private let changedNanoseconds: Int64

    /// Follows symlinks; nil when there is no such file or it cannot be looked at.
    package init?(path: String) {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        device = UInt64(facts.st_dev)
        inode = UInt64(facts.st_ino)
        size = Int64(facts.st_size)
        modifiedNanoseconds = Self.nanoseconds(facts.st_mtim)
        changedNanoseconds = Self.nanoseconds(facts.st_ctim)
    }

    /// How long ago it was last written, by the wall clock.
    package var ageMilliseconds: Int64 {
        (WallClock.nanoseconds() - modifiedNanoseconds) / 1_000_000
    }

    /// The permission bits of a file; nil when it cannot be looked at.
    package static func permissions(of path: String) -> UInt32? {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        return facts.st_mode & 0o777
    }

    /// Whether the permission bits of a file let a process of this identity, with these further
    /// groups, read it; nil when it cannot be looked at. The folders on the way to it are not.
    package static func mayBeRead(
        _ path: String, by identity: ProcessIdentity, others groups: [UInt32] = []
    ) -> Bool? {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        if facts.st_uid == identity.user { return facts.st_mode & 0o400 != 0 }
        let isOfGroup = facts.st_gid == identity.group || groups.contains(facts.st_gid)
        return facts.st_mode & (isOfGroup ? 0o040 : 0o004) != 0
    }

    /// Whether a file of secrets may be read, or written, by more than its owner and the group that
    /// this process has; nil when it cannot be looked at.
    package static func isOpenToOthers(_ path: String) -> Bool? {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        let isOwnGroup = facts.st_gid == ProcessIdentity.current.group
        return facts.st_mode & (isOwnGroup ? 0o027 : 0o077) != 0
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// Paths as the file system has them.
package enum FilePath {
    /// The path without symlinks, `.` and `..`; nil when it leads nowhere (realpath(3)).
    package static func resolved(_ path: String) -> String? {
        guard let found = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }

    /// The folder that a path is in: `.` for a bare name.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The path that a symlink holds, not resolved any further; nil for everything else.
    package static func destination(ofLink path: String) -> String? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { memory, count in
            let result = unsafe memory.withMemoryRebound(to: CChar.self) { memory -> Int in
                guard let start = memory.baseAddress else { return 0 }
                return unsafe readlink(path, start, memory.count)
            }
            count = max(0, result)
        }
        guard !bytes.isEmpty else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasPrefix("/") ? text : "\(folder(of: path))/\(text)"
    }
}
