import Bytes
import Testing

@testable import HTTP

/// The name that a TLS client asks for.
struct ClientHelloTests {
    /// A message with these extensions, without a record around it.
    static func message(extensions: [UInt8]?, session: Int = 32) -> [UInt8] {
        var body: [UInt8] = [3, 3] + Array(repeating: 7, count: 32)
        body += [UInt8(session)] + Array(repeating: 1, count: session)
        body += [0, 4, 0x13, 0x01, 0x13, 0x02, 1, 0]
        if let extensions { body += number(extensions.count, 2) + extensions }
        return [1] + number(body.count, 3) + body
    }

    static func number(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func serverName(_ name: String) -> [UInt8] {
        let entry = [0] + number(name.utf8.count, 2) + Array(name.utf8)
        return [0, 0] + number(entry.count + 2, 2) + number(entry.count, 2) + entry
    }

    static let other: [UInt8] = [0, 43, 0, 3, 2, 3, 4]

    /// The message in records of so many bytes.
    static func records(_ message: [UInt8], of size: Int = 16_384) -> [UInt8] {
        stride(from: 0, to: message.count, by: size).flatMap { start in
            let part = message[start..<min(start + size, message.count)]
            return [22, 3, 1] + number(part.count, 2) + part
        }
    }

    private func read(_ bytes: [UInt8]) -> (ClientHelloProgress, String) {
        var name = Buffer(capacity: ClientHello.mostNameBytes)
        let progress = ClientHello.readServerName(bytes.span, into: &name)
        let text = name.bytes.indices.map { name.bytes[$0] }
        return (progress, String(decoding: text, as: UTF8.self))
    }

    static let good: [([UInt8], String)] = [
        (message(extensions: serverName("a.example")), "a.example"),
        (message(extensions: other + serverName("b.example") + other), "b.example"),
        (message(extensions: other), ""),
        (message(extensions: []), ""),
        (message(extensions: nil), ""),
        (message(extensions: serverName("c"), session: 0), "c"),
        (
            message(extensions: serverName(String(repeating: "n", count: 255))),
            String(repeating: "n", count: 255)
        ),
        (message(extensions: serverName("d.example.")), "d.example"),
    ]

    @Test(arguments: good, [16_384, 100, 7, 1])
    func `the name is found, whatever records the message comes in`(
        sample: ([UInt8], String), size: Int
    ) {
        let bytes = Self.records(sample.0, of: size)
        for behind in [[], [22, 3, 3, 0, 1, 9]] as [[UInt8]] {
            let (progress, name) = read(bytes + behind)
            #expect(progress == .complete)
            #expect(name == sample.1)
        }
    }

    @Test(arguments: good, [16_384, 7, 1])
    func `a message that is cut anywhere is waited for`(sample: ([UInt8], String), size: Int) {
        let bytes = Self.records(sample.0, of: size)
        for count in bytes.indices {
            let (progress, name) = read(Array(bytes.prefix(count)))
            guard case .incomplete(let least) = progress else {
                Issue.record("\(progress) at \(count)")
                continue
            }
            #expect(least > count && least <= bytes.count)
            #expect(name.isEmpty)
        }
    }

    static let bad: [([UInt8], ClientHelloFault)] = [
        (Array("GET / HTTP/1.1\r\n\r\n".utf8), .notTLS),
        ([0], .notTLS),
        ([22, 2], .notTLS),
        ([22, 3, 1, 0, 0], .malformed),
        ([22, 3, 1, 0x40, 1], .malformed),
        (records([2, 0, 0, 1, 0]), .malformed),
        (records([1, 0, 0x40, 0]) + [0], .tooLarge),
        (records([1, 0xff, 0xff, 0xff]), .tooLarge),
        (records([1, 0, 0, 1, 0]), .malformed),
        (records(message(extensions: serverName("a") + serverName("b"))), .malformed),
        (records(message(extensions: [0, 0, 0, 2, 0, 0])), .malformed),
        (records(message(extensions: [0, 0, 0, 5, 0, 3, 0, 0, 0])), .malformed),
        (records(message(extensions: [0, 0, 0, 6, 0, 3, 0, 0, 1, 65])), .malformed),
        (records(message(extensions: [0, 0, 0, 9])), .malformed),
        (records(message(extensions: [0, 0, 0])), .malformed),
        (records(message(extensions: other, session: 33)), .malformed),
        (
            records(message(extensions: serverName(String(repeating: "n", count: 256)))),
            .malformed
        ),
        ([22, 3, 1, 0, 2, 1, 0] + [23, 3, 1, 0, 1, 0], .malformed),
    ]

    static let badNames: [([UInt8], ClientHelloFault)] = [
        ".wild.test", "a..test", ".", "..", "a.test..", "a\0.wild.test", "\0", "a b.test", "a\n",
        "\u{e4}.test",
    ].map { (records(message(extensions: serverName($0))), .malformed) }

    @Test(arguments: bad + badNames)
    func `what is no such message is refused by its kind`(
        bytes: [UInt8], fault: ClientHelloFault
    ) {
        let (progress, name) = read(bytes)
        #expect(progress == .refused(fault))
        #expect(name.isEmpty)
    }

    @Test func `a message in too many records is too large`() {
        let message = Self.message(
            extensions: [0xff, 1] + Self.number(6_000, 2) + Array(repeating: 0, count: 6_000))
        #expect(read(Self.records(message, of: 100)).0 == .complete)
        #expect(read(Self.records(message, of: 1)).0 == .refused(.tooLarge))
    }
}
