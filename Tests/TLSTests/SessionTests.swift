import Bytes
import Foundation
import Kernel
import TLS
import Testing

/// Two sessions that speak over a pair of sockets.
@Suite struct SessionTests {
    @Test(arguments: [1, 100, 16_384, 16_385, 100_000])
    func `bytes come as they went`(count: Int) throws {
        let pair = try Pair()
        try pair.shakeHands()
        let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(try pair.send(sent, from: \.client, to: \.server) == sent)
        #expect(try pair.send(sent, from: \.server, to: \.client) == sent)
    }

    @Test func `a hello in pieces of one byte is understood`() throws {
        let pair = try Pair()
        try pair.shakeHands(pieceBytes: 1)
        #expect(pair.server.version == .tls13)
    }

    @Test func `an announced end is no truncation`() throws {
        let pair = try Pair()
        try pair.shakeHands()
        pair.client.session.close(&pair.client.workspace)
        try pair.client.flush()
        #expect(try pair.server.read(until: { $0 != .wantsMore }) == .ended)
        // Once is enough.
        pair.client.session.close(&pair.client.workspace)
        #expect(pair.client.isSilent)
    }

    @Test func `an end that nobody announced is one`() throws {
        let pair = try Pair()
        try pair.shakeHands()
        pair.client.session.abandon()
        pair.client.session.close(&pair.client.workspace)
        #expect(pair.client.isSilent)
        pair.client.socket.endSending()
        #expect(try pair.server.read(until: { $0 != .wantsMore }) == .truncated)
    }

    static let garbage: [(String, TLSFault)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", .plainHTTP),
        ("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", .plainHTTP),
        ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", .plainHTTP),
        ("\u{16}\u{03}\u{01}\u{00}\u{05}\u{00}\u{00}\u{00}\u{01}\u{00}", .garbage),
        ("\u{00}\u{01}\u{02}\u{03}\u{04}\u{05}\u{06}\u{07}\u{08}\u{09}", .garbage),
    ]

    @Test(arguments: garbage)
    func `what is no handshake is told apart`(text: String, fault: TLSFault) throws {
        let pair = try Pair()
        try pair.client.sendPlain(Array(text.utf8))
        #expect(try pair.server.handshake() == .failed(fault))
    }

    @Test func `who goes away in the middle is closed`() throws {
        let pair = try Pair()
        _ = try pair.client.handshake()
        pair.client.workspace.outgoing.truncate(to: 50)
        try pair.client.flush()
        pair.client.socket.endSending()
        #expect(try pair.server.handshake() == .failed(.closed))
    }

    @Test func `a session is taken up again, but not by other keys`() throws {
        let keys = TLSTicketKeys()
        let first = try Pair(keys: keys)
        try first.shakeHands()
        #expect(!first.client.isResumed)
        var slot = TLSResumptionSlot()
        slot.resumption = try first.ticket()
        let second = try Pair(keys: keys, resuming: slot)
        try second.shakeHands()
        #expect(second.client.isResumed)
        #expect(second.server.isResumed)
        // A ticket is used once: each session brings the next one.
        slot.resumption = try second.ticket()
        keys.rotate()
        let third = try Pair(keys: keys, resuming: slot)
        try third.shakeHands()
        #expect(third.server.isResumed, "the key before still opens")
        slot.resumption = try third.ticket()
        for _ in 1...3 { keys.rotate() }
        let late = try Pair(keys: keys, resuming: slot)
        try late.shakeHands()
        #expect(!late.server.isResumed)
        slot.resumption = try late.ticket()
        let other = try Pair(keys: TLSTicketKeys(), resuming: slot)
        try other.shakeHands()
        #expect(!other.server.isResumed)
    }

    @Test(arguments: [(-1, true), (0, false), (3_600, false)])
    func `a session ends with the certificate that the client has shown`(
        seconds: Int64, isTakenUp: Bool
    ) throws {
        let keys = TLSTicketKeys()
        let shown = try Files()
        let end = try TLSCertificate(certificate: shown["a.pem"], key: shown["a.key"]).notAfter
        let first = try Pair(keys: keys, shown: shown)
        try first.shakeHands()
        #expect(first.server.hasPeerCertificate)
        var slot = TLSResumptionSlot()
        slot.resumption = try first.ticket()
        let next = try Pair(keys: keys, resuming: slot, shown: shown)
        try next.shakeHands()
        #expect(next.server.isResumed)
        // A ticket that was given for a session taken up lasts no longer either.
        slot.resumption = try next.ticket()
        let late = try Pair(keys: keys, resuming: slot, shown: shown) { end + seconds }
        try late.shakeHands()
        #expect(late.server.isResumed == isTakenUp)
        #expect(late.server.hasPeerCertificate)
    }

    static let wrongFiles: [(String, TLSLoadFault.Part)] = [
        ("", .certificate), ("garbage", .certificate),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", .certificate),
    ]

    @Test(arguments: wrongFiles)
    func `a file that is no certificate is refused`(text: String, part: TLSLoadFault.Part) throws {
        let files = try Files()
        try Data(text.utf8).write(to: URL(fileURLWithPath: files["wrong.pem"]))
        let fault = #expect(throws: TLSLoadFault.self) {
            _ = try TLSCertificate(certificate: files["wrong.pem"], key: files["a.key"])
        }
        #expect(fault?.part == part)
        #expect(fault?.path == files["wrong.pem"])
    }

    @Test func `a key of another certificate is refused`() throws {
        let (files, others) = (try Files(), try Files())
        let fault = #expect(throws: TLSLoadFault.self) {
            _ = try TLSCertificate(certificate: files["a.pem"], key: others["a.key"])
        }
        #expect(fault?.part == .key)
    }

    @Test func `a certificate tells its names and its end`() throws {
        let files = try Files(names: ["a.test", "*.B.test"])
        let certificate = try TLSCertificate(certificate: files["a.pem"], key: files["a.key"])
        #expect(certificate.names == ["a.test", "*.b.test"])
        #expect(certificate.kind == .ecdsa)
        #expect(certificate.notAfter > certificate.notBefore)
        #expect(certificate.covers("a.test") && certificate.covers("x.b.test"))
        #expect(!certificate.covers("b.test") && !certificate.covers("x.y.b.test"))
        #expect(certificate.covers("*.b.test") && !certificate.covers("*.test"))
    }

    @Test(arguments: [0, 1, 79, 81, 80 * 17])
    func `a file of other bytes is none of ticket keys`(count: Int) throws {
        let files = try Files()
        try Data(repeating: 1, count: count).write(to: URL(fileURLWithPath: files["keys"]))
        #expect(throws: TLSLoadFault.self) { _ = try TLSTicketKeys.read(files["keys"]) }
    }
}
