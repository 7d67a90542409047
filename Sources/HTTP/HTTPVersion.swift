/// The versions of HTTP/1 that are spoken.
package enum HTTPVersion: Sendable, Equatable {
    case http10
    case http11

    /// Whether it is `http10`, without asking a witness of Equatable.
    @inline(__always)
    package var isHTTP10: Bool { if case .http10 = self { true } else { false } }
}

extension HTTPVersion {
    /// The length of the version that stands at `start` when it is the usual one, else 0.
    @inline(__always)
    static func lengthOfUsual(_ bytes: Span<UInt8>, at start: Int) -> Int {
        guard start &+ 8 <= bytes.count else { return 0 }
        // "HTTP/1.1", the first byte lowest.
        return ByteScan.word(bytes, at: start) == 0x312e_312f_5054_5448 ? 8 : 0
    }

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
