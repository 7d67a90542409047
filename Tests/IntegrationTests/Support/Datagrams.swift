import Foundation
import Kernel

/// A socket that keeps the datagrams that come to it.
final class Datagrams {
    private let descriptor: Int32
    private(set) var received: [String] = []
    private(set) var port: UInt16 = 0

    /// On a free UDP port of 127.0.0.1.
    init() throws {
        descriptor = try Descriptors.make { socket(AF_INET, datagramType, 0) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                let bound = unsafe bind(descriptor, name, size)
                return unsafe bound == 0 ? getsockname(descriptor, name, &size) : bound
            }
        }
        guard result == 0 else { throw WireError.system("bind", errno) }
        port = UInt16(bigEndian: address.sin_port)
    }

    /// At a path, or with `@` in front in the abstract namespace.
    init(path: String) throws {
        descriptor = try Descriptors.make { socket(AF_UNIX, datagramType, 0) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { memory in
            for (index, byte) in path.utf8.enumerated() {
                unsafe memory[index] = index == 0 && path.hasPrefix("@") ? 0 : byte
            }
        }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, size)
            }
        }
        guard result == 0 else { throw WireError.system("bind \(path)", errno) }
    }

    deinit { close(descriptor) }

    /// Whether such a datagram has come before the time is over.
    func contains(within seconds: Double = patience, _ isIt: (String) -> Bool) -> Bool {
        eventually(within: seconds) {
            takeAll()
            return received.contains(where: isIt)
        }
    }

    /// Takes what has come.
    func takeAll() {
        var bytes = [UInt8](repeating: 0, count: 70_000)
        while true {
            let count = unsafe recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return }
            received.append(String(decoding: bytes[..<count], as: UTF8.self))
        }
    }

    func forget() { received = [] }
}

private let datagramType = Int32(SOCK_DGRAM.rawValue)
