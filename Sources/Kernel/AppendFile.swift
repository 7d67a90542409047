internal import CLinux

/// A file that only grows, whose bytes are on the disk when they were appended (fsync(2)); closed
/// when it goes out of existence.
package struct AppendFile: ~Copyable {
    private let descriptor: Int32

    /// Opens a file, and makes it, for its owner alone, when there is none.
    package init(path: String) throws(Errno) {
        let result = unsafe sluice_open(path, O_RDWR | O_APPEND | O_CREAT)
        guard result >= 0 else { throw Errno(result: result) }
        descriptor = Int32(result)
    }

    deinit { _ = sluice_close(descriptor) }

    /// How many bytes it has.
    package func size() throws(Errno) -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw Errno(code: sluice_errno()) }
        return Int(end)
    }

    /// Its last bytes, at most so many.
    package func tail(most: Int) throws(Errno) -> [UInt8] {
        let start = max(0, try size() - most)
        guard lseek(descriptor, off_t(start), SEEK_SET) >= 0 else {
            throw Errno(code: sluice_errno())
        }
        var bytes: [UInt8] = []
        while bytes.count < most {
            var result = 0
            let wanted = min(most - bytes.count, 65_536)
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { memory, count in
                guard let start = memory.baseAddress else { return }
                result = unsafe sluice_read(descriptor, start, wanted)
                count = max(0, result)
            }
            guard result >= 0 else { throw Errno(result: result) }
            if result == 0 { break }
            bytes += chunk
        }
        return bytes
    }

    /// Cuts off what is behind so many bytes.
    package func truncate(to size: Int) throws(Errno) {
        if ftruncate(descriptor, off_t(size)) != 0 { throw Errno(code: sluice_errno()) }
    }

    /// Appends all of it, on the disk; where that fails a part of it may be there.
    package func append(_ bytes: [UInt8]) throws(Errno) {
        var written = 0
        while written < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { memory -> Int in
                guard let start = memory.baseAddress else { return 0 }
                return unsafe sluice_write(descriptor, start + written, memory.count - written)
            }
            guard result > 0 else { throw Errno(result: result) }
            written += result
        }
        if fsync(descriptor) != 0 { throw Errno(code: sluice_errno()) }
    }
}
