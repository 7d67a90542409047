import Foundation

/// Certificates of a test's own, made by the openssl command in a folder of the test.
struct Certificates {
    let folder: TemporaryFolder

    /// Makes an authority: ca.pem and ca.key, and another one that nobody trusts.
    init(in folder: TemporaryFolder? = nil) throws {
        self.folder = try folder ?? TemporaryFolder()
        try makeAuthority("ca")
    }

    /// An authority of that name.
    func makeAuthority(_ name: String) throws {
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", folder["\(name).key"], "-out", folder["\(name).pem"], "-days", "30",
            "-subj", "/CN=\(name)")
    }

    /// Makes NAME.pem and NAME.key, signed by an authority. It begins and ends so many days from
    /// now: negative is the past.
    func make(
        _ name: String, for names: [String], kind: String = "ec", by authority: String = "ca",
        subject: String? = nil, days: Int = 30
    ) throws {
        let key =
            kind == "ec"
            ? ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["-newkey", "rsa:2048"]
        let request = folder["\(name).csr"]
        try openssl(
            ["req"] + key + [
                "-utf8", "-nodes", "-keyout", folder["\(name).key"], "-out", request,
                "-subj", subject ?? "/CN=\(name)",
            ])
        let list = names.map { $0.first?.isNumber == true ? "IP:\($0)" : "DNS:\($0)" }
        let extra = list.isEmpty ? "" : "subjectAltName=\(list.joined(separator: ","))\n"
        try folder.write(extra + "basicConstraints=CA:FALSE\n", to: "\(name).ext")
        try openssl(
            "x509", "-req", "-in", request, "-CA", folder["\(authority).pem"],
            "-CAkey", folder["\(authority).key"], "-CAcreateserial",
            "-out", folder["\(name).pem.new"], "-days", "\(days)",
            "-extfile", folder["\(name).ext"])
        try FileManager.default.removeItemIfThere(folder["\(name).pem"])
        try FileManager.default.moveItem(
            atPath: folder["\(name).pem.new"], toPath: folder["\(name).pem"])
    }

    /// Makes NAME.pem and NAME.key; it begins and ends so many seconds from now.
    func make(_ name: String, for names: [String], from start: Int, to end: Int) throws {
        try openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            folder["\(name).key"], "-out", folder["\(name).csr"], "-subj", "/CN=\(name)")
        let list = names.map { "DNS:\($0)" }.joined(separator: ",")
        try folder.write("subjectAltName=\(list)\n", to: "\(name).ext")
        try folder.write("", to: "index")
        try folder.write(
            """
            [ca]
            default_ca = own
            [own]
            database = \(folder["index"])
            new_certs_dir = \(folder.path)
            default_md = sha256
            rand_serial = yes
            serial = \(folder["serial"])
            policy = any
            [any]
            commonName = supplied

            """, to: "ca.conf")
        try openssl(
            "ca", "-batch", "-notext", "-config", folder["ca.conf"], "-cert",
            folder["ca.pem"], "-keyfile", folder["ca.key"], "-in", folder["\(name).csr"],
            "-out", folder["\(name).pem.new"], "-extfile", folder["\(name).ext"],
            "-startdate", Self.time(in: start), "-enddate", Self.time(in: end))
        try FileManager.default.removeItemIfThere(folder["\(name).pem"])
        try FileManager.default.moveItem(
            atPath: folder["\(name).pem.new"], toPath: folder["\(name).pem"])
    }

    private static func time(in seconds: Int) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "yyyyMMddHHmmss'Z'"
        return format.string(from: Date(timeIntervalSinceNow: Double(seconds)))
    }

    /// A listener's `tls` with one certificate.
    func listener(_ names: String..., more: String = "") -> String {
        let pairs = names.map { name in
            "{certificate: \(folder["\(name).pem"]), key: \(folder["\(name).key"])}"
        }
        return "address: 127.0.0.1:0, tls: {certificates: [\(pairs.joined(separator: ", "))]"
            + "\(more)}"
    }

    @discardableResult
    func openssl(_ arguments: String...) throws -> String { try openssl(arguments) }

    @discardableResult
    func openssl(_ arguments: [String]) throws -> String {
        let result = try ChildProcess.run(["openssl"] + arguments)
        guard result.status == 0 else {
            throw WireError.malformed("openssl \(arguments): \(result.errors)")
        }
        return result.output
    }
}

extension FileManager {
    func removeItemIfThere(_ path: String) throws {
        if fileExists(atPath: path) { try removeItem(atPath: path) }
    }
}
