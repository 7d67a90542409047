internal import CLinux

/// Files that survive a crash once they are written: a new text goes into a file of its own, to
/// the disk, and under the old name in one step (fsync(2), rename(2)).
package enum DurableFile {
    /// How `replace` ended.
    package enum Replacement: Sendable, Equatable {
        case done
        /// Another text than the expected one was there; it still is.
        case otherText
    }

    /// The bytes of a file, at most `limit` of them and one more that shows there are more.
    package static func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        let file = try OpenFile(open: path, flags: O_RDONLY)
        return try file.readAll(limit: limit + 1)
    }

    /// Puts a text in place of the one that `path` holds, which must be `expected` when that is
    /// given. Owner and mode stay, a symlink stays and its target is replaced.
    package static func replace(
        _ path: String, expecting expected: [UInt8]? = nil, with bytes: [UInt8],
        mode: UInt32 = 0o644
    ) throws(Errno) -> Replacement {
        let target = FilePath.resolved(path) ?? path
        let folder = FilePath.folder(of: target)
        // Always the same name: what a crash leaves behind gives way to the next text.
        let temporary = "\(folder)/.\(name(of: target)).new"
        do throws(Errno) {
            try write(bytes, to: temporary, like: target, mode: mode)
            let replacement = try exchange(temporary, with: target, expecting: expected)
            try OpenFile(open: folder, flags: O_RDONLY | O_DIRECTORY).synchronize()
            return replacement
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
    }

    /// Makes a folder that nobody else may enter, unless it is there.
    package static func makeFolder(_ path: String) throws(Errno) {
        if unsafe mkdir(path, 0o700) != 0 {
            guard sluice_errno() == EEXIST else { throw Errno(code: sluice_errno()) }
            return
        }
        // The process may run under a mask that takes more away.
        try check(unsafe chmod(path, 0o700))
    }

    /// Sets permission bits, and the group where one is named.
    package static func setAccess(
        _ path: String, mode: UInt32, group: String?
    ) throws(Errno) {
        if let group {
            let result = unsafe sluice_group_number(group)
            guard result >= 0 else { throw Errno(result: result) }
            try check(unsafe chown(path, uid_t.max, gid_t(result)))
        }
        try check(unsafe chmod(path, mode))
    }

    /// Gives a file away.
    package static func give(_ path: String, to identity: ProcessIdentity) throws(Errno) {
        try check(unsafe chown(path, identity.user, identity.group))
    }

    /// Removes a file; nothing happens when it is not there.
    package static func remove(_ path: String) {
        _ = unsafe unlink(path)
    }

    private static func write(
        _ bytes: [UInt8], to temporary: String, like target: String, mode: UInt32
    ) throws(Errno) {
        // One left by a crash is in the way.
        _ = unsafe unlink(temporary)
        let file = try OpenFile(open: temporary, flags: O_WRONLY | O_CREAT | O_EXCL)
        var facts = stat()
        if unsafe stat(target, &facts) == 0 {
            // Only the superuser can keep a foreign owner; for others the group is tried alone.
            if fchown(file.descriptor, facts.st_uid, facts.st_gid) != 0 {
                _ = fchown(file.descriptor, uid_t.max, facts.st_gid)
            }
            try check(fchmod(file.descriptor, facts.st_mode & 0o7777))
        } else {
            try check(fchmod(file.descriptor, mode))
        }
        try file.writeAll(bytes)
        try file.synchronize()
    }

    /// Swaps the two names, so that what was replaced can still be looked at and put back.
    private static func exchange(
        _ temporary: String, with target: String, expecting expected: [UInt8]?
    ) throws(Errno) -> Replacement {
        guard let expected else {
            try check(unsafe rename(temporary, target))
            return .done
        }
        guard try read(target, limit: expected.count) == expected else {
            _ = unsafe unlink(temporary)
            return .otherText
        }
        guard unsafe sluice_exchange(temporary, target) >= 0 else {
            // A file system that cannot swap: the look just taken has to do.
            try check(unsafe rename(temporary, target))
            return .done
        }
        let isExpected = (try? read(temporary, limit: expected.count)) == expected
        if !isExpected { _ = unsafe sluice_exchange(temporary, target) }
        _ = unsafe unlink(temporary)
        return isExpected ? .done : .otherText
    }

    private static func name(of path: String) -> Substring {
        path.split(separator: "/").last ?? "file"
    }

    private static func check(_ result: Int32) throws(Errno) {
        if result != 0 { throw Errno(code: sluice_errno()) }
    }
}
