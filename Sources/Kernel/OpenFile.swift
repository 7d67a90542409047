internal import CLinux

/// An open file; closed when it goes out of existence.
struct OpenFile: ~Copyable {
    let descriptor: Int32

    init(open path: String, flags: Int32) throws(Errno) {
        let result = unsafe sluice_open(path, flags)
        guard result >= 0 else { throw Errno(result: result) }
        descriptor = Int32(result)
    }

    deinit { _ = sluice_close(descriptor) }

    /// The bytes from where it stands, at most `limit`.
    func readAll(limit: Int) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            var result = 0
            let wanted = min(limit - bytes.count, 65_536)
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

    /// Writes all of it; where that fails a part of it may be there.
    func writeAll(_ bytes: [UInt8]) throws(Errno) {
        var written = 0
        while written < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { memory -> Int in
                guard let start = memory.baseAddress else { return 0 }
                return unsafe sluice_write(descriptor, start + written, memory.count - written)
            }
            guard result > 0 else { throw Errno(result: result) }
            written += result
        }
    }

    /// Returns when what was written is on the disk (fsync(2)).
    func synchronize() throws(Errno) {
        if fsync(descriptor) != 0 { throw Errno(code: sluice_errno()) }
    }
}
