internal import CLinux

/// The machine as its kernel tells of it.
package enum SystemFacts {
    /// The kernel's release, such as `6.1.0` (uname(2)).
    package static var kernelRelease: String {
        line("/proc/sys/kernel/osrelease") ?? "unknown"
    }

    /// How many connections may wait at a listening socket at most; nil where it is not told.
    package static var mostWaitingConnections: Int? {
        line("/proc/sys/net/core/somaxconn").flatMap { Int($0) }
    }

    /// The first port that anybody may listen on (ip_unprivileged_port_start, ip(7)).
    package static var firstUnprivilegedPort: Int {
        line("/proc/sys/net/ipv4/ip_unprivileged_port_start").flatMap { Int($0) } ?? 1_024
    }

    /// Whether somebody keeps the clock right (adjtimex(2)); nil where it is not told.
    package static var isClockSynchronised: Bool? {
        let result = sluice_is_clock_synchronised()
        return result < 0 ? nil : result != 0
    }

    /// The kind of file system that a path is on, if its files may be changed by other machines or
    /// programs without a notice (inotify(7)); nil for all others.
    package static func silentFileSystem(of path: String) -> String? {
        switch unsafe sluice_file_system(path) {
        case 0x6969: "NFS"
        case 0xff53_4d42, 0xfe53_4d42, 0x517b: "SMB"
        case 0x6573_5546: "FUSE"
        case 0x0102_1997: "9P"
        case 0x00c3_6400: "Ceph"
        default: nil
        }
    }

    /// The number of a file's owner; nil when it cannot be looked at.
    package static func owner(of path: String) -> UInt32? {
        let owner = unsafe sluice_owner(path)
        return owner == .max ? nil : owner
    }

    /// Whether this process may write to a file, or make files in a folder (access(2)).
    package static func mayWrite(_ path: String) -> Bool { unsafe access(path, W_OK) == 0 }

    /// The names in a folder; nil when it cannot be read.
    package static func names(in folder: String) -> [String]? {
        guard let opened = unsafe opendir(folder) else { return nil }
        defer { _ = unsafe closedir(opened) }
        var names: [String] = []
        while let entry = unsafe readdir(opened) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The soft and the hard limit of open descriptors (getrlimit(2)).
    package static var descriptorLimits: (soft: Int, hard: Int) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard unsafe getrlimit(resource, &limit) == 0 else { return (1_024, 1_024) }
        return (Int(clamping: limit.rlim_cur), Int(clamping: limit.rlim_max))
    }

    private static func line(_ path: String) -> String? {
        guard let bytes = try? DurableFile.read(path, limit: 4_096) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
            .map(String.init)
    }
}

/// A connection that is made to see whether somebody is there.
package enum Reach {
    /// Connects and closes again; blocks at most so long. The address that this machine has
    /// towards the other, or why there is no connection.
    package static func connect(
        to address: SocketAddress, milliseconds: Int
    ) throws(Errno) -> SocketAddress? {
        switch Socket.connect(to: address) {
        case .failed(let error):
            throw error
        case .started(let socket):
            let ready = sluice_wait_either(-1, socket.descriptor, Int32(milliseconds))
            guard ready >= 0 else { throw Errno(result: ready) }
            guard ready > 0 else { throw .timedOut }
            if let error = socket.pendingError() { throw error }
            return socket.localAddress()
        }
    }
}
