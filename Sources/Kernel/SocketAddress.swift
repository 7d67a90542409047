package import Addressing
internal import CLinux

/// An IP address and a port.
package struct SocketAddress: Hashable, Sendable {
    /// The IP address, IPv4 in its mapped form, and the port in the machine's byte order.
    package let address: IPAddress
    package let port: UInt16
    /// The interface that a link-local address belongs to; 0 for others.
    package let scope: UInt32
    /// Whether sockets for it are of the family AF_INET6.
    package let isIPv6: Bool

    /// 0.0.0.0 with port 0: no address at all.
    package static let unspecified = SocketAddress(version4: 0, port: 0)

    package init(version4 address: UInt32, port: UInt16) {
        self.address = IPAddress(ipv4: address)
        self.port = port
        scope = 0
        isIPv6 = false
    }

    package init(version6 address: IPAddress, port: UInt16, scope: UInt32 = 0) {
        self.address = address
        self.port = port
        self.scope = scope
        isIPv6 = true
    }

    /// The same address with another port.
    package func with(port: UInt16) -> SocketAddress {
        isIPv6
            ? SocketAddress(version6: address, port: port, scope: scope)
            : SocketAddress(version4: address.ipv4, port: port)
    }

    /// nil for another family than IPv4 and IPv6.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        switch Int32(storage.ss_family) {
        case AF_INET:
            let name = unsafe withUnsafeBytes(of: &storage) { unsafe $0.load(as: sockaddr_in.self) }
            self.init(
                version4: UInt32(bigEndian: name.sin_addr.s_addr),
                port: UInt16(bigEndian: name.sin_port))
        case AF_INET6:
            let name = unsafe withUnsafeBytes(of: &storage) {
                unsafe $0.load(as: sockaddr_in6.self)
            }
            var bytes = name.sin6_addr
            let bits = unsafe withUnsafeBytes(of: &bytes) {
                unsafe UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self))
            }
            self.init(
                version6: IPAddress(bits: bits), port: UInt16(bigEndian: name.sin6_port),
                scope: name.sin6_scope_id)
        default:
            return nil
        }
    }

    /// Whether the system has IPv6 at all.
    package static var hasIPv6: Bool {
        let result = sluice_socket(AF_INET6, Int32(SOCK_STREAM.rawValue))
        if result >= 0 { _ = sluice_close(Int32(result)) }
        return result >= 0
    }

    var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

    var storageLength: socklen_t {
        socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    }

    var storage: sockaddr_storage {
        var storage = sockaddr_storage()
        if isIPv6 {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = port.bigEndian
            name.sin6_scope_id = scope
            unsafe withUnsafeMutableBytes(of: &name.sin6_addr) {
                unsafe $0.storeBytes(of: address.bits.bigEndian, as: UInt128.self)
            }
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.storeBytes(of: name, as: sockaddr_in6.self)
            }
        } else {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = address.ipv4.bigEndian
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.storeBytes(of: name, as: sockaddr_in.self)
            }
        }
        return storage
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `192.0.2.1:80` or `[2001:db8::1]:80`.
    package var description: String {
        address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}
