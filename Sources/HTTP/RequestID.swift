package import Bytes

/// The identifier by which one request is found in the logs of all who handled it: what Sluice
/// puts into X-Request-Id where the client has named none. It is unique, not secret.
package struct RequestID: Equatable, Sendable {
    /// Two halves of 128 random bits.
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The most bytes of a client's identifier that are passed on.
    package static var mostBytes: Int { 128 }

    /// Writes its 32 hexadecimal digits.
    package func append(to buffer: inout Buffer) {
        buffer.append(sixteenDigits: high)
        buffer.append(sixteenDigits: low)
    }

    /// Whether a client's identifier is passed on: visible ASCII of a sane length.
    static func isSane(_ bytes: Span<UInt8>, _ value: ByteRange) -> Bool {
        guard !value.isEmpty, value.count <= mostBytes else { return false }
        for index in value.start..<value.end where bytes[index] &- 0x21 >= 0x5e { return false }
        return true
    }
}
