import Addressing

extension AddressSetting {
    /// Why a text is no address.
    enum Fault: Error, Equatable {
        case noPort
        case badPort
        case bareIPv6
        case badHost
    }

    /// Reads `HOST:PORT`; the host is `*`, an IPv4 address, an IPv6 address in brackets or a
    /// name (RFC 1123 section 2.1, with `_` allowed as container platforms use it).
    init(parsing text: String) throws(Fault) {
        guard let colon = text.lastIndex(of: ":") else { throw .noPort }
        let host = text[..<colon]
        if text.hasSuffix("]") { throw .noPort }
        if host.contains(":"), !host.hasPrefix("[") { throw .bareIPv6 }
        guard let number = DecimalNumber.parse(text[text.index(after: colon)...]),
            let port = UInt16(exactly: number)
        else { throw .badPort }
        self.init(host: try Self.host(host), port: port)
    }

    private static func host(_ text: Substring) throws(Fault) -> Host {
        if text == "*" { return .any }
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = text.dropFirst().dropLast()
            guard inner.contains(":"), let address = IPAddress(inner) else { throw .badHost }
            return .ip(address)
        }
        if let address = IPAddress(text) { return .ip(address) }
        guard isHostName(text) else { throw .badHost }
        return .name(String(text))
    }

    /// A last label of digits only is a mistyped IPv4 address.
    private static func isHostName(_ text: Substring) -> Bool {
        guard text.utf8.count <= Limits.hostNameBytes else { return false }
        let absolute = text.hasSuffix(".") ? text.dropLast() : text
        let labels = absolute.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy(isLabel), let last = labels.last else { return false }
        return !last.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        guard (1...Limits.hostLabelBytes).contains(label.utf8.count),
            label.utf8.first != UInt8(ascii: "-"), label.utf8.last != UInt8(ascii: "-")
        else { return false }
        return label.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

extension AddressSetting.Fault {
    /// What is wrong and what was expected.
    var message: String {
        switch self {
        case .noPort: "has no port; expected HOST:PORT, such as 127.0.0.1:8000"
        case .badPort: "has no valid port; expected a number from 0 to 65535 behind the last `:`"
        case .bareIPv6: "has an IPv6 address without brackets; expected \"[ADDRESS]:PORT\""
        case .badHost:
            "has no valid host; expected `*`, an IP address (IPv6 in brackets) or a host name"
        }
    }
}
