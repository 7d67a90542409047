import Foundation
import Kernel
import Testing

/// What a target is told in version 2 of the PROXY protocol of the TLS that ended at Sluice. The
/// measure is HAProxy, which tells the same of the same client.
@Suite(.ownThreads)
struct ProxyFactsTests {
    let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
        try certificates.make("rsa", for: ["a.test"], kind: "rsa")
        try certificates.make("client", for: [], subject: "/O=Acme/CN=J\u{fc}rgen")
    }

    /// A server that takes the headers of its connections and answers one request on each.
    private final class Listener: Sendable {
        private let headers: Lock<[Data]>
        private let upstream: ScriptedUpstream

        var port: UInt16 { upstream.port }

        init() throws {
            let headers = Lock<[Data]>([])
            self.headers = headers
            upstream = try ScriptedUpstream { wire, _ in
                let start = try wire.take(exactly: 16)
                let count = Int(start[start.startIndex + 14]) << 8 | Int(start.last ?? 0)
                let rest = try wire.take(exactly: count)
                guard try wire.takeRequest() != nil else { return }
                headers.withLock { $0.append(start + rest) }
                try wire.send(.ok("heard", fields: ["Connection: close"]))
            }
        }

        /// The header of the last connection.
        func last() throws -> Header {
            guard let bytes = headers.withLock({ $0.last }) else { throw TimedOut("no header") }
            return Header(Array(bytes))
        }
    }

    /// A header of version 2, taken apart.
    private struct Header {
        let start: [UInt8]
        /// What is in the facts, those within that of TLS among them.
        private(set) var facts: [UInt8: [UInt8]] = [:]
        /// The flags of TLS, and what its verification came to.
        private(set) var flags: UInt8?
        private(set) var verdict: [UInt8] = []

        init(_ bytes: [UInt8]) {
            start = Array(bytes.prefix(14))
            // The addresses of IPv4 have 12 bytes.
            take(bytes.dropFirst(28))
        }

        private mutating func take(_ bytes: ArraySlice<UInt8>) {
            var rest = Array(bytes)
            while rest.count >= 3 {
                let count = Int(rest[1]) << 8 | Int(rest[2])
                let value = Array(rest[3..<min(3 + count, rest.count)])
                if rest[0] == 0x20, value.count >= 5 {
                    flags = value[0]
                    verdict = Array(value[1..<5])
                    take(value[5...])
                } else {
                    facts[rest[0]] = value
                }
                rest = Array(rest.dropFirst(3 + count))
            }
        }

        func text(_ type: UInt8) -> String? {
            facts[type].map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private func sluice(
        _ port: UInt16, _ names: [String] = ["a", "rsa"], mode: String = "http"
    ) throws -> Sluice {
        var settings = Settings(x: port)
        settings.listener =
            (names.count == 1
                ? certificates.listener(names[0], more: authority)
                : certificates.listener("a", "rsa", more: authority)) + ", mode: \(mode)"
        settings.keys["x"] = "send_proxy_protocol: v2"
        return try Sluice(settings)
    }

    private var authority: String {
        ", client_ca: \(certificates.folder["ca.pem"]), verify: optional"
    }

    /// Asks for `a.test` at a port of this machine.
    private func curl(_ port: UInt16, _ more: [String]) throws -> ChildProcess.Result {
        try ChildProcess.run(
            ["curl", "--silent", "--show-error", "--insecure", "--max-time", "60", "--http1.1"]
                + ["--resolve", "a.test:\(port):127.0.0.1"] + more + ["https://a.test:\(port)/"])
    }

    private var shown: [String] {
        let folder = certificates.folder
        return ["--cert", folder["client.pem"], "--key", folder["client.key"]]
    }

    /// HAProxy that ends TLS and tells of it all that it can.
    private func haproxy(to target: UInt16, in folder: TemporaryFolder) throws -> (
        ChildProcess, UInt16
    ) {
        let own = certificates.folder
        for name in ["a", "rsa"] {
            let both = try own.read("\(name).pem") + own.read("\(name).key")
            try folder.write(both, to: "both.pem.\(name == "a" ? "ecdsa" : "rsa")")
        }
        let port = try LoopbackAddress.freePort()
        try folder.write(
            """
            global
                ssl-default-bind-options ssl-min-ver TLSv1.2
            defaults
                mode tcp
                timeout connect 20s
                timeout client 60s
                timeout server 60s
            frontend all
                bind 127.0.0.1:\(port) ssl crt \(folder.path)/both.pem alpn http/1.1 \
            ca-file \(own["ca.pem"]) verify optional
                default_backend told
            backend told
                server s 127.0.0.1:\(target) send-proxy-v2 proxy-v2-options \
            ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority

            """, to: "conf")
        let child = try ChildProcess.start(
            ["haproxy", "-db", "-f", folder["conf"]], listeningOn: port, in: folder)
        return (child, port)
    }

    static let clients = [
        "--tlsv1.3 --tls13-ciphers TLS_AES_128_GCM_SHA256",
        "--tls-max 1.2 --ciphers ECDHE-RSA-AES256-GCM-SHA384",
        "--tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256",
    ]

    @Test(arguments: clients, [true, false])
    func `a target is told what HAProxy would tell it`(
        client: String, showsCertificate: Bool
    ) throws {
        let listener = try Listener()
        let folder = try TemporaryFolder()
        let (haproxy, port) = try haproxy(to: listener.port, in: folder)
        let words = client.split(separator: " ").map(String.init) + (showsCertificate ? shown : [])
        let first = try curl(port, words)
        #expect(first.output == "heard", "\(first)")
        let measure = try listener.last()
        let sluice = try sluice(listener.port)
        let second = try curl(sluice.port, words)
        #expect(second.output == "heard", "\(second)")
        let told = try listener.last()
        #expect(told.start == measure.start)
        // In TLS 1.3 the cipher says nothing of the certificate: each takes the one it likes.
        let ofCertificate: Set<UInt8> = client.hasPrefix("--tlsv1.3") ? [0x24, 0x25] : []
        #expect(
            told.facts.filter { !ofCertificate.contains($0.key) }
                == measure.facts.filter { !ofCertificate.contains($0.key) })
        #expect(told.facts.keys == measure.facts.keys)
        #expect(told.flags == measure.flags)
        // The specification wants another number than 0 where no certificate was shown.
        #expect(told.verdict == (showsCertificate ? [0, 0, 0, 0] : [0, 0, 0, 1]))
        #expect(told.text(0x01) == "http/1.1")
        #expect(told.text(0x02) == "a.test")
        #expect(told.text(0x22) == (showsCertificate ? "J\u{fc}rgen" : nil))
        #expect(told.text(0x21)?.hasPrefix("TLSv1.") == true)
        #expect(told.text(0x23)?.contains("AES") == true)
        haproxy.end()
    }

    @Test func `connections through a tcp listener tell the same`() throws {
        let listener = try Listener()
        let sluice = try sluice(listener.port, mode: "tcp")
        #expect(try curl(sluice.port, ["--tlsv1.3"] + shown).output == "heard")
        let told = try listener.last()
        #expect(told.text(0x02) == "a.test")
        #expect(told.text(0x23) == "TLS_AES_128_GCM_SHA256")
        #expect(told.text(0x25) == "EC256")
        #expect(told.flags == 0x07)
    }

    @Test func `a certificate of the session before is told of as such`() throws {
        let listener = try Listener()
        let sluice = try sluice(listener.port, ["a"])
        let file = certificates.folder["session"]
        for (argument, flags) in [("-sess_out", UInt8(0x07)), ("-sess_in", 0x05)] {
            let command =
                "(printf 'GET / HTTP/1.1\\r\\nHost: a.test\\r\\n\\r\\n'; sleep 1) | "
                + "openssl s_client -connect 127.0.0.1:\(sluice.port) -servername a.test "
                + "-cert \(certificates.folder["client.pem"]) "
                + "-key \(certificates.folder["client.key"]) \(argument) \(file)"
            let said = try ChildProcess.run(["sh", "-c", command])
            #expect(said.output.contains("heard"), "\(said)")
            #expect(try listener.last().flags == flags)
            #expect(try listener.last().verdict == [0, 0, 0, 0])
        }
    }

    @Test func `HAProxy takes it and knows the name that was asked for`() throws {
        let folder = try TemporaryFolder()
        let port = try LoopbackAddress.freePort()
        try folder.write(
            """
            defaults
                mode http
                timeout connect 20s
                timeout client 60s
                timeout server 60s
            frontend all
                bind 127.0.0.1:\(port) accept-proxy
                http-request return status 200 content-type text/plain lf-string \
            "%[src] %[fc_pp_authority] %[req.hdr(host)]"

            """, to: "conf")
        let haproxy = try ChildProcess.start(
            ["haproxy", "-db", "-f", folder["conf"]], listeningOn: port, in: folder)
        let sluice = try sluice(port)
        let answer = try curl(sluice.port, shown)
        #expect(answer.output == "127.0.0.1 a.test a.test:\(sluice.port)", "\(answer)")
        haproxy.end()
    }
}
