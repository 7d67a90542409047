import Bytes
import Testing

@testable import HTTP

/// The header of the PROXY protocol: read, and written.
struct ProxyHeaderTests {
    typealias Ends = ProxyHeader.Ends

    private static let mapped: UInt128 = 0xffff_0000_0000

    private static func ends(
        _ source: UInt128, _ sourcePort: UInt16, _ destination: UInt128, _ destinationPort: UInt16
    ) -> Ends {
        Ends(
            source: ClientAddress(bits: source), sourcePort: sourcePort,
            destination: ClientAddress(bits: destination), destinationPort: destinationPort)
    }

    private static let ipv4 = ends(mapped | 0xc000_0201, 50_000, mapped | 0xc000_0202, 443)
    private static let ipv6 = ends(0x2001_0db8 << 96 | 1, 65_535, 0x2001_0db8 << 96 | 2, 0)

    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]

    private static func binary(
        _ command: UInt8, _ family: UInt8, _ body: [UInt8], length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? body.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xff)] + body
    }

    private static let body4: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0xc3, 0x50, 0x01, 0xbb]
    private static let body6: [UInt8] =
        [0x20, 0x01, 0x0d, 0xb8] + Array(repeating: 0, count: 11) + [1]
        + [0x20, 0x01, 0x0d, 0xb8] + Array(repeating: 0, count: 11) + [2] + [0xff, 0xff, 0, 0]

    private static func text(_ line: String) -> [UInt8] { Array(line.utf8) }

    static let good: [([UInt8], Ends?)] = [
        (text("PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n"), ipv4),
        (text("PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n"), ipv6),
        (text("PROXY UNKNOWN\r\n"), nil),
        (text("PROXY UNKNOWN whatever stands here is passed over\r\n"), nil),
        (binary(0x21, 0x11, body4), ipv4),
        (binary(0x21, 0x21, body6), ipv6),
        (binary(0x21, 0x11, body4 + [0x02, 0, 1, 0x61, 0x04, 0, 0]), ipv4),
        (binary(0x21, 0x31, Array(repeating: 0x2f, count: 216)), nil),
        (binary(0x21, 0x00, []), nil),
        (binary(0x21, 0x00, [1, 2, 3]), nil),
        (binary(0x20, 0x00, []), nil),
        (binary(0x20, 0x11, body4), nil),
        (binary(0x20, 0xff, [9, 9]), nil),
    ]

    static let bad: [([UInt8], ProxyHeaderFault)] = [
        (text("GET / HTTP/1.1\r\n\r\n"), .missing),
        (text("PROXYTCP4"), .missing),
        (text("proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n"), .missing),
        ([0x16, 0x03, 0x01], .missing),
        ([0x0d, 0x0a, 0x0d, 0x0b], .missing),
        (text("PROXY TCP4 192.0.2.1 192.0.2.2 50000\r\n"), .malformed),
        (text("PROXY TCP4 192.0.2.1 192.0.2.2 50000 443 \r\n"), .malformed),
        (text("PROXY TCP4  192.0.2.1 192.0.2.2 50000 443\r\n"), .malformed),
        (text("PROXY TCP4 192.0.2.1 192.0.2.2 50000 65536\r\n"), .malformed),
        (text("PROXY TCP4 192.0.2.1 192.0.2.2 50000 0443\r\n"), .malformed),
        (text("PROXY TCP4 192.0.2.01 192.0.2.2 50000 443\r\n"), .malformed),
        (text("PROXY TCP4 ::1 ::2 50000 443\r\n"), .malformed),
        (text("PROXY TCP6 192.0.2.1 192.0.2.2 50000 443\r\n"), .malformed),
        (text("PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\n"), .malformed),
        (text("PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\rx"), .malformed),
        (text("PROXY \r\n"), .malformed),
        (text("PROXY UDP4 192.0.2.1 192.0.2.2 50000 443\r\n"), .unsupported),
        (text("PROXY UNKNOWN " + String(repeating: "x", count: 100)), .tooLong),
        (binary(0x11, 0x11, body4), .unsupported),
        (binary(0x22, 0x11, body4), .unsupported),
        (binary(0x21, 0x12, body4), .unsupported),
        (binary(0x21, 0x41, body4), .unsupported),
        (binary(0x21, 0x11, Array(body4.dropLast())), .malformed),
        (binary(0x21, 0x21, body4), .malformed),
        (binary(0x21, 0x11, body4 + [0x02, 0]), .malformed),
        (binary(0x21, 0x11, body4 + [0x02, 0, 5, 1]), .malformed),
        (binary(0x21, 0x11, body4 + [0x03, 0, 3, 1, 1, 1]), .malformed),
        (binary(0x21, 0x11, body4 + [0x03, 0, 4, 1, 2, 3, 4]), .badChecksum),
        (binary(0x21, 0x11, [], length: 65_535), .tooLong),
    ]

    private func parse(_ bytes: [UInt8]) -> ProxyHeaderProgress { ProxyHeader.parse(bytes.span) }

    @Test(arguments: good)
    func `a whole header is read, and what stands behind it is not`(
        bytes: [UInt8], ends: Ends?
    ) {
        let header = ProxyHeader(ends: ends, byteCount: bytes.count)
        #expect(parse(bytes) == .complete(header))
        #expect(parse(bytes + [0, 1, 2]) == .complete(header))
    }

    @Test(arguments: good)
    func `a header that is cut anywhere is waited for`(bytes: [UInt8], ends: Ends?) {
        for count in bytes.indices {
            #expect(parse(Array(bytes.prefix(count))) == .incomplete, "cut at \(count)")
        }
    }

    @Test(arguments: bad)
    func `what breaks the rules is refused by its kind`(bytes: [UInt8], fault: ProxyHeaderFault) {
        #expect(parse(bytes) == .refused(fault))
    }

    @Test(arguments: bad)
    func `nothing that is refused is ever taken when it comes in pieces`(
        bytes: [UInt8], fault: ProxyHeaderFault
    ) {
        for count in bytes.indices {
            switch parse(Array(bytes.prefix(count))) {
            case .incomplete, .refused(fault): continue
            case let other: Issue.record("\(other) at \(count)")
            }
        }
    }

    @Test func `a right checksum is taken`() {
        var bytes = Self.binary(0x21, 0x11, Self.body4 + [0x03, 0, 4, 0, 0, 0, 0])
        let sum = CRC32C.of(bytes.span, zeroFrom: bytes.count, to: bytes.count)
        for index in 0..<4 {
            bytes[bytes.count - 4 + index] = UInt8(
                truncatingIfNeeded: sum >> UInt32(24 - 8 * index))
        }
        #expect(parse(bytes) == .complete(ProxyHeader(ends: Self.ipv4, byteCount: bytes.count)))
    }

    @Test func `the checksum is that of iSCSI`() {
        let bytes = Array("123456789".utf8)
        #expect(CRC32C.of(bytes.span, zeroFrom: 9, to: 9) == 0xe306_9283)
    }

    @Test(arguments: [ipv4, ipv6, ends(mapped | 1, 1, 2, 2), ends(1, 1, mapped | 2, 2), nil])
    func `what is written is read as it was meant`(ends: Ends?) {
        var buffer = Buffer(capacity: 4_096)
        ProxyHeaderEncoder.appendText(ends, to: &buffer)
        #expect(
            ProxyHeader.parse(buffer.bytes)
                == .complete(ProxyHeader(ends: ends, byteCount: buffer.count)))
        buffer.removeAll()
        let facts = ends == nil ? [] : [UInt8]([0x02, 0, 1, 0x61])
        ProxyHeaderEncoder.appendBinary(ends, facts: facts.span, to: &buffer)
        #expect(
            ProxyHeader.parse(buffer.bytes)
                == .complete(ProxyHeader(ends: ends, byteCount: buffer.count)))
    }

    static let certificates: [(ProxyFact.ClientCertificate, [UInt8])] = [
        (.none, [0x01, 0, 0, 0, 1]), (.shown, [0x07, 0, 0, 0, 0]),
        (.shownEarlier, [0x05, 0, 0, 0, 0]),
    ]

    @Test(arguments: certificates)
    func `a client's TLS is told in the facts`(
        certificate: ProxyFact.ClientCertificate, begin: [UInt8]
    ) {
        var inner = Buffer(capacity: 256)
        ProxyFact.append(ProxyFact.version, Array("TLSv1.3".utf8).span, to: &inner)
        ProxyFact.append(ProxyFact.commonName, [UInt8]().span, to: &inner)
        ProxyFact.append(ProxyFact.cipher, Array("any".utf8).span, to: &inner)
        var facts = Buffer(capacity: 256)
        ProxyFact.append(ProxyFact.alpn, Array("http/1.1".utf8).span, to: &facts)
        ProxyFact.append(ProxyFact.authority, Array("a.example".utf8).span, to: &facts)
        ProxyFact.appendTLS(certificate, facts: inner.bytes, to: &facts)
        let written = facts.bytes.indices.map { facts.bytes[$0] }
        var expected: [UInt8] = [0x01, 0, 8] + Array("http/1.1".utf8)
        expected += [0x02, 0, 9] + Array("a.example".utf8)
        expected += [0x20, 0, 21] + begin
        expected += [0x21, 0, 7] + Array("TLSv1.3".utf8) + [0x23, 0, 3] + Array("any".utf8)
        #expect(written == expected)
        var buffer = Buffer(capacity: 4_096)
        ProxyHeaderEncoder.appendBinary(Self.ipv4, facts: facts.bytes, to: &buffer)
        #expect(
            ProxyHeader.parse(buffer.bytes)
                == .complete(ProxyHeader(ends: Self.ipv4, byteCount: buffer.count)))
    }
}
