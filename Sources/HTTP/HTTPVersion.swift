/// The versions of HTTP/1 that are spoken.
package enum HTTPVersion: Sendable, Equatable {
    case http10
    case http11
}

extension HTTPVersion {
    /// From the digits of `HTTP/1.1`; nil for every other version.
    @inline(__always)
    init?(major: UInt8, minor: UInt8) {
        guard major == UInt8(ascii: "1") else { return nil }
        switch minor {
        case UInt8(ascii: "1"): self = .http11
        case UInt8(ascii: "0"): self = .http10
        default: return nil
        }
    }
}
