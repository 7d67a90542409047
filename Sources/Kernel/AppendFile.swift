internal import CLinux

/// A file that only grows, whose bytes are on the disk when they were appended; closed when it goes
/// out of existence.
package struct AppendFile: ~Copyable {
    private let file: OpenFile

    /// Opens a file, and makes it, for its owner alone, when there is none.
    package init(path: String) throws(Errno) {
        file = try OpenFile(open: path, flags: O_RDWR | O_APPEND | O_CREAT)
    }

    /// How many bytes it has.
    package func size() throws(Errno) -> Int {
        let end = lseek(file.descriptor, 0, SEEK_END)
        guard end >= 0 else { throw Errno(code: sluice_errno()) }
        return Int(end)
    }

    /// Its last bytes, at most so many.
    package func tail(most: Int) throws(Errno) -> [UInt8] {
        let start = max(0, try size() - most)
        guard lseek(file.descriptor, off_t(start), SEEK_SET) >= 0 else {
            throw Errno(code: sluice_errno())
        }
        return try file.readAll(limit: most)
    }

    /// Cuts off what is behind so many bytes.
    package func truncate(to size: Int) throws(Errno) {
        if ftruncate(file.descriptor, off_t(size)) != 0 { throw Errno(code: sluice_errno()) }
    }

    /// Appends all of it, on the disk; where that fails a part of it may be there.
    package func append(_ bytes: [UInt8]) throws(Errno) {
        try file.writeAll(bytes)
        try file.synchronize()
    }
}
