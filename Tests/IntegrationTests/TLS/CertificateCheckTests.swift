import Foundation
import Testing

/// What `sluice check` says of the files of TLS.
@Suite(.ownThreads)
struct CertificateCheckTests {
    let certificates: Certificates

    init() throws {
        certificates = try Certificates()
        try certificates.make("a", for: ["a.test"])
    }

    /// Checks settings; `change` gets their text.
    private func check(
        _ listener: String, upstream: String? = nil, _ change: (String) -> String = { $0 }
    ) throws -> ChildProcess.Result {
        var settings = Settings(x: 1)
        settings.listener = listener
        if let upstream { settings.keys["x"] = upstream }
        try certificates.folder.write(change(settings.text), to: "sluice.yaml")
        return try ChildProcess.run([
            Sluice.binary, "check", "--config", certificates.folder["sluice.yaml"],
        ])
    }

    /// The place of a text in sluice.yaml.
    private func place(of text: String) throws -> String {
        let lines = try certificates.folder.read("sluice.yaml").split(
            separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            guard let range = line.range(of: text) else { continue }
            let column = line.distance(from: line.startIndex, to: range.lowerBound)
            return "\(certificates.folder["sluice.yaml"]):\(number + 1):\(column + 1): "
        }
        throw TimedOut("no \(text) in the settings")
    }

    static let faults: [(change: String, text: String, isError: Bool)] = [
        ("no file", "a.pem: no such file", true),
        ("another key", "the key does not belong to the certificate", true),
        ("expired", "the certificate has expired", true),
        ("soon", "the certificate expires in ", false),
        ("later", "the certificate is not good yet", false),
        ("garbage", "no private key", true),
        ("name", "the certificate is not for `b.test`", true),
        ("half a chain", "the block CERTIFICATE has no end", true),
        ("a broken chain", "certificate 2 of the file is broken", true),
        ("no list of names", "the certificate has no subjectAltName", false),
        ("a small key", "ee key too small", true),
    ]

    @Test(arguments: faults)
    func `sluice check tells what is wrong, and where`(
        change: String, text: String, isError: Bool
    ) throws {
        let folder = certificates.folder
        var more = ""
        var wrong = "a.pem"
        switch change {
        case "no file": try FileManager.default.removeItem(atPath: folder["a.pem"])
        case "another key":
            try certificates.make("b", for: ["b.test"])
            try folder.replace("a.key", with: try folder.read("b.key"))
            wrong = "a.key"
        case "expired": try certificates.make("a", for: ["a.test"], days: -1)
        case "soon": try certificates.make("a", for: ["a.test"], days: 4)
        case "later":
            try certificates.make("a", for: ["a.test"], from: 86_400, to: 86_400 * 30)
        case "garbage":
            try folder.write("garbage", to: "a.key")
            wrong = "a.key"
        case "half a chain":
            let next = try folder.read("ca.pem")
            try folder.replace("a.pem", with: try folder.read("a.pem") + next.prefix(100))
        case "a broken chain":
            let next = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
            try folder.replace("a.pem", with: try folder.read("a.pem") + next)
        case "no list of names": try certificates.make("a", for: [])
        case "a small key":
            try certificates.openssl(
                "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", folder["a.key"], "-out",
                folder["a.pem"], "-days", "30", "-subj", "/CN=a.test", "-addext",
                "subjectAltName=DNS:a.test")
        default: more = ", names: [b.test]"
        }
        let result = try check(certificates.listener("a")) {
            $0.replacing("a.key}", with: "a.key\(more)}")
        }
        #expect((result.status == 0) != isError, "\(result)")
        #expect(result.errors.contains(text), "\(result)")
        #expect(result.errors.contains(try place(of: folder[wrong])), "\(result)")
        #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
    }

    @Test func `all that is wrong is told in one run`() throws {
        let folder = certificates.folder
        let listener = certificates.listener(
            "none", "other", more: ", client_ca: \(folder["nobody.pem"])")
        let result = try check(
            listener,
            upstream: "tls: {ca: \(folder["lost.pem"]), client_certificate: \(folder["c.pem"]), "
                + "client_key: \(folder["c.key"])}")
        #expect(result.status != 0)
        let files = [
            "none.pem", "none.key", "other.pem", "other.key", "nobody.pem", "lost.pem", "c.pem",
            "c.key",
        ]
        for file in files {
            let line = try place(of: folder[file]) + "\(folder[file]): no such file"
            #expect(result.errors.contains(line), "\(file) in \(result)")
        }
        #expect(result.errors.split(separator: "\n").count == files.count, "\(result)")
    }

    @Test func `a certificate that is listed twice is a warning`() throws {
        try certificates.folder.write(try certificates.folder.read("a.pem"), to: "b.pem")
        try certificates.folder.write(try certificates.folder.read("a.key"), to: "b.key")
        let result = try check(certificates.listener("a", "b"))
        #expect(result.status == 0)
        let line = try place(of: certificates.folder["b.pem"])
        let text = "\(line)\(certificates.folder["b.pem"]): the certificate is listed twice"
        #expect(result.errors.contains(text), "\(result)")
        // For other names it is another one.
        let other = try check(certificates.listener("a", "b")) {
            $0.replacing("a.key}", with: "a.key, names: [a.test]}")
                .replacing("b.key}", with: "b.key, names: [b.test]}")
        }
        #expect(!other.errors.contains("listed twice"))
    }

    static let authorities: [(files: [String], isError: Bool, isTold: Bool)] = [
        (["ca.pem"], false, false), (["a.pem"], true, true), (["ca.pem", "a.pem"], false, true),
        (["a.pem", "ca.pem"], false, true), (["own.pem"], false, false),
    ]

    @Test(arguments: authorities)
    func `who signs nothing is no authority`(
        files: [String], isError: Bool, isTold: Bool
    ) throws {
        let folder = certificates.folder
        // It signs itself: it is trusted for what it is.
        try certificates.openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder["own.key"], "-out",
            folder["own.pem"], "-days", "30", "-subj", "/CN=own", "-addext",
            "basicConstraints=critical,CA:FALSE")
        try folder.write(try files.map { try folder.read($0) }.joined(), to: "trusted.pem")
        for side in ["listener", "upstream"] {
            let trusted = folder["trusted.pem"]
            let result =
                side == "listener"
                ? try check(certificates.listener("a", more: ", client_ca: \(trusted)"))
                : try check("address: 127.0.0.1:0", upstream: "tls: {ca: \(trusted)}")
            #expect((result.status == 0) != isError, "\(side): \(result)")
            let text =
                "\(try place(of: trusted))\(trusted): `CN=a` is the certificate of no authority"
            #expect(result.errors.contains(text) == isTold, "\(side): \(result)")
        }
    }
}
