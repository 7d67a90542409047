import Foundation
import Testing

/// Certificates that change while traffic flows.
@Suite(.ownThreads)
struct RenewalTests {
    private let scene: RenewalScene
    private var certificates: Certificates { scene.certificates }

    init() throws { scene = try RenewalScene() }

    @Test(arguments: ["its files change", "a signal"])
    func `new certificates are shown, and no connection ends for it`(cause: String) throws {
        let sluice = try scene.sluice()
        let client = try TLSWire(port: sluice.port)
        try client.send("GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\n")
        _ = try client.take(through: "/1")
        try certificates.make("a", for: ["a.test"], subject: "/CN=second")
        if cause == "a signal" { sluice.reload() }
        #expect(try eventually { try scene.subject(sluice) == "subject=CN = second" })
        try client.send("GET /2 HTTP/1.1\r\nHost: a.test\r\n\r\n")
        _ = try client.take(through: "/2")
        #expect(try sluice.metrics().sum("sluice_downstream_handshake_failures_total") == 0)
    }

    @Test(arguments: [true, false])
    func `a pair that does not fit changes nothing`(bySignal: Bool) throws {
        let sluice = try scene.sluice()
        try certificates.make("b", for: ["a.test"])
        try certificates.folder.replace(
            "a.key", with: try certificates.folder.read("b.key"))
        if bySignal { sluice.reload() }
        #expect(
            eventually {
                (try? sluice.metrics())?.sum(
                    "sluice_certificate_reloads_total", ["result": "failed"]) ?? 0 >= 1
            })
        #expect(sluice.log.contains("the key does not belong to the certificate"))
        #expect(try scene.subject(sluice) == "subject=CN = first")
        // The other half comes: all is well.
        try certificates.folder.replace("a.pem", with: try certificates.folder.read("b.pem"))
        #expect(try eventually { try scene.subject(sluice) == "subject=CN = b" })
    }

    @Test func `other settings of TLS whose files cannot be used refuse the reload`() throws {
        let sluice = try scene.sluice()
        let key = try certificates.folder.read("a.key")
        try certificates.make("b", for: ["a.test"])
        try certificates.folder.replace("a.key", with: try certificates.folder.read("b.key"))
        let text = try sluice.folder.read("sluice.yaml")
        try sluice.folder.write(
            text.replacing("tls: {", with: "tls: {profile: modern, "), to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.log.contains("nothing changes") }, "\(sluice.log)")
        #expect(sluice.logCount("was read again and is in force") == 0)
        func takesOldVersion() throws -> Bool {
            let command = "openssl s_client -tls1_2 -connect 127.0.0.1:\(sluice.port) </dev/null"
            return try ChildProcess.run(["sh", "-c", command]).output.contains("CN = first")
        }
        #expect(try takesOldVersion())
        // All of them are in force at once when the files are good again.
        try certificates.folder.replace("a.key", with: key)
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 1 })
        #expect(try !takesOldVersion())
    }

    @Test func `no request fails while certificates change again and again`() throws {
        let sluice = try scene.sluice()
        let isDone = Flag()
        let failures = Counter()
        let requests = Counter()
        let clients = (1...4).map { _ in
            let thread = Thread { [port = sluice.port] in
                while !isDone.isSet {
                    do {
                        let client = try TLSWire(port: port)
                        for number in 1...5 {
                            try client.send("GET /\(number) HTTP/1.1\r\nHost: a.test\r\n\r\n")
                            _ = try client.take(through: "/\(number)")
                            requests.add()
                        }
                        try client.close()
                    } catch {
                        failures.add()
                    }
                }
            }
            thread.start()
            return thread
        }
        for round in 1...4 {
            try certificates.make("a", for: ["a.test"], subject: "/CN=round\(round)")
            #expect(try eventually { try scene.subject(sluice) == "subject=CN = round\(round)" })
        }
        isDone.set()
        #expect(eventually { clients.allSatisfy(\.isFinished) })
        #expect(failures.value == 0)
        #expect(requests.value > 0)
    }

    @Test func `status shows each certificate`() throws {
        let sluice = try scene.sluice()
        let text = try sluice.command("status").output
        #expect(text.contains("certificate of"))
        #expect(text.contains(certificates.folder["a.pem"]))
        #expect(text.contains("in 29 days") || text.contains("in 30 days"))
    }

    @Test func `without its certificate nothing starts`() throws {
        try certificates.folder.write("garbage", to: "a.pem")
        #expect(throws: TimedOut.self) { _ = try scene.sluice() }
    }
}
