package import Addressing

/// A host and a port as the configuration writes them: `127.0.0.1:8000`, `[::]:8000`,
/// `*:8000`, `kong-x-1:8000`.
package struct AddressSetting: Sendable, Hashable, CustomStringConvertible {
    /// Where: not yet resolved.
    package enum Host: Sendable, Hashable {
        /// `*`: every address of this machine, IPv6 and IPv4.
        case any
        /// An IP address. `[::]` listens on IPv4 as well.
        case ip(IPAddress)
        /// A name to resolve.
        case name(String)
    }

    /// Where the port is.
    package let host: Host
    /// 0 lets the kernel choose (listeners and admin only).
    package let port: UInt16

    /// An address of parts.
    package init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// As the configuration writes it; an IPv6 address is in brackets.
    package var description: String { "\(hostText):\(port)" }

    private var hostText: String {
        switch host {
        case .any: "*"
        case .ip(let address): address.isIPv4 ? "\(address)" : "[\(address)]"
        case .name(let name): name
        }
    }
}
