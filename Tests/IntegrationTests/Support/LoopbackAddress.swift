import Foundation

/// 127.0.0.1 or ::1 with a port, as the system calls want it.
struct LoopbackAddress {
    private let family: Int32
    private var storage = sockaddr_storage()
    private let length: socklen_t

    init(port: UInt16, isIPv6: Bool = false) throws {
        family = isIPv6 ? AF_INET6 : AF_INET
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            unsafe inet_pton(AF_INET6, "::1", &address.sin6_addr)
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.storeBytes(of: address, as: sockaddr_in6.self)
            }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.storeBytes(of: address, as: sockaddr_in.self)
            }
        }
    }

    func makeSocket() throws -> Int32 {
        try Descriptors.make { socket(family, streamType, 0) }
    }

    func connect(_ descriptor: Int32) throws {
        let result = unsafe withAddress { unsafe Glibc.connect(descriptor, $0, length) }
        guard result == 0 else { throw WireError.system("connect", errno) }
    }

    /// A listening socket and its port.
    func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = try makeSocket()
        var one: Int32 = 1
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe withAddress({ unsafe bind(descriptor, $0, length) }) == 0,
            Glibc.listen(descriptor, 1_024) == 0
        else {
            let error = errno
            close(descriptor)
            throw WireError.system("listen", error)
        }
        var bound = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafeMutablePointer(to: &bound) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        return (descriptor, UInt16(bigEndian: bound.sin_port))
    }

    /// Listens at a port that the system gives to nobody by itself (ip_local_port_range in ip(7)
    /// begins above): one that is closed is not another test's a moment later.
    static func listenAnywhere() throws -> (descriptor: Int32, port: UInt16) {
        for _ in 0..<200 {
            let port = UInt16.random(in: 10_000..<32_000)
            if let found = try? LoopbackAddress(port: port).listen() { return found }
        }
        throw WireError.system("listen", EADDRINUSE)
    }

    /// A port of 127.0.0.1 that nobody listens on at this moment.
    static func freePort() throws -> UInt16 {
        let (descriptor, port) = try listenAnywhere()
        close(descriptor)
        return port
    }

    private func withAddress<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0)
            }
        }
    }
}
