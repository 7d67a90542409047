package import Bytes

/// What a traceparent field says (W3C Trace Context, 3.2): the trace that a request belongs to,
/// who has sent it within that, and whether it is recorded.
package struct TraceContext: Equatable, Sendable {
    /// Two halves of the 128 bits that name the trace; not both are 0.
    package let traceHigh: UInt64
    package let traceLow: UInt64
    /// The span that the request was sent from; never 0.
    package let span: UInt64
    /// Whether whoever has sent it records the trace.
    package let isSampled: Bool

    package init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, isSampled: Bool) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.isSampled = isSampled
    }

    /// Reads a field's value; nil for one that is not valid. Of a version that is not known, what
    /// version 00 has too is read.
    package init?(_ bytes: Span<UInt8>, _ value: ByteRange) {
        let start = value.start
        guard value.count >= Self.byteCount,
            let version = Self.hexadecimal(bytes, from: start, count: 2), version != 0xff,
            Self.isDash(bytes, start &+ 2), Self.isDash(bytes, start &+ 35),
            Self.isDash(bytes, start &+ 52)
        else { return nil }
        if value.count > Self.byteCount {
            guard version > 0, Self.isDash(bytes, start &+ Self.byteCount) else { return nil }
        }
        guard let high = Self.hexadecimal(bytes, from: start &+ 3, count: 16),
            let low = Self.hexadecimal(bytes, from: start &+ 19, count: 16), high | low != 0,
            let span = Self.hexadecimal(bytes, from: start &+ 36, count: 16), span != 0,
            let flags = Self.hexadecimal(bytes, from: start &+ 53, count: 2)
        else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, isSampled: flags & 1 != 0)
    }

    /// The length of a value of version 00.
    package static var byteCount: Int { 55 }

    /// Writes the field, of version 00; it takes 72 bytes.
    package func append(to buffer: inout Buffer) {
        buffer.append("traceparent: 00-")
        buffer.append(sixteenDigits: traceHigh)
        buffer.append(sixteenDigits: traceLow)
        buffer.append("-")
        buffer.append(sixteenDigits: span)
        buffer.append(isSampled ? "-01\r\n" : "-00\r\n")
    }

    private static func isDash(_ bytes: Span<UInt8>, _ at: Int) -> Bool {
        bytes[at] == UInt8(ascii: "-")
    }

    /// Digits in lower case; nil where there is anything else.
    private static func hexadecimal(
        _ bytes: Span<UInt8>, from start: Int, count: Int
    ) -> UInt64? {
        var number: UInt64 = 0
        for index in start..<start &+ count {
            let byte = bytes[index]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte &- 0x30
            case 0x61...0x66: digit = byte &- 0x57
            default: return nil
            }
            number = number &<< 4 | UInt64(digit)
        }
        return number
    }
}
