import Foundation
import Testing

@testable import TLS

/// Files in PEM whose blocks are whole, and those that somebody has cut.
@Suite struct PEMTests {
    private static func block(_ label: String, _ body: String = "AAAA") -> String {
        "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
    }

    static let whole: [(String, [String])] = [
        ("", []), ("garbage", []), ("----\n-----\n--- a line ---\n", []),
        (block("CERTIFICATE"), ["CERTIFICATE"]),
        (
            "words before\n" + block("EC PARAMETERS") + block("PRIVATE KEY") + "and behind",
            ["EC PARAMETERS", "PRIVATE KEY"]
        ),
        (block("CERTIFICATE").replacing("\n", with: "\r\n"), ["CERTIFICATE"]),
        (String(block("CERTIFICATE").dropLast()), ["CERTIFICATE"]),
    ]

    @Test(arguments: whole)
    func `whole blocks are found, whatever stands between them`(
        text: String, labels: [String]
    ) throws {
        #expect(try PEMBlocks(Array(text.utf8)).blocks.map(\.label) == labels)
    }

    static let broken: [(String, Int, String)] = [
        (block("CERTIFICATE") + "-----BEGIN CERTIFICATE-----\nAAAA\n", 4, "has no end"),
        (block("CERTIFICATE") + "-----BEGIN CERTIF", 4, "is cut"),
        (block("CERTIFICATE") + "--", 4, "is cut"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE---", 1, "has no end"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n" + block("CERTIFICATE"), 1, "has no end"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END PRIVATE KEY-----\n", 1, "has no end"),
        ("AAAA\n-----END CERTIFICATE-----\n", 2, "does not begin"),
        ("-----BEGIN -----\n", 1, "is cut"),
    ]

    @Test(arguments: broken)
    func `a block without its beginning or end is told with its line`(
        text: String, line: Int, reason: String
    ) throws {
        let fault = #expect(throws: PEMBlocks.Fault.self) { try PEMBlocks(Array(text.utf8)) }
        #expect(fault?.line == line)
        #expect(fault?.reason.contains(reason) == true)
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test func `a chain that is cut anywhere is refused`() throws {
        let (files, others) = (try Files(), try Files())
        let leaf = try String(contentsOfFile: files["a.pem"], encoding: .utf8)
        let next = try String(contentsOfFile: others["a.pem"], encoding: .utf8)
        for count in 1..<next.count - 1 {
            try write(leaf + next.prefix(count), to: files["cut.pem"])
            let fault = #expect(throws: TLSLoadFault.self, "\(count)") {
                _ = try TLSCertificate(certificate: files["cut.pem"], key: files["a.key"])
            }
            #expect(fault?.part == .certificate)
            #expect(fault?.path == files["cut.pem"])
        }
        for count in [0, next.count - 1, next.count] {
            try write(leaf + next.prefix(count), to: files["whole.pem"])
            let all = try TLSCertificate(certificate: files["whole.pem"], key: files["a.key"])
            #expect(unsafe all.chain.count == (count == 0 ? 0 : 1))
        }
    }

    static let bodies = ["AAAA", "not base64 at all!", ""]

    @Test(arguments: bodies)
    func `a broken block behind the certificate is told with its place`(body: String) throws {
        let files = try Files()
        let leaf = try String(contentsOfFile: files["a.pem"], encoding: .utf8)
        try write(leaf + Self.block("CERTIFICATE", body), to: files["bad.pem"])
        let fault = #expect(throws: TLSLoadFault.self) {
            _ = try TLSCertificate(certificate: files["bad.pem"], key: files["a.key"])
        }
        let line = leaf.count { $0 == "\n" } + 1
        let words = "line \(line): certificate 2 of the file is broken"
        #expect(fault?.reason.hasPrefix(words) == true)
        // The same where it is said whom to trust.
        #expect(throws: TLSLoadFault.self) { _ = try Authorities.contents(of: files["bad.pem"]) }
        var options = TLSClientOptions()
        options.authority = files["bad.pem"]
        #expect(throws: TLSLoadFault.self) { _ = try TLSClient(options) }
    }
}
