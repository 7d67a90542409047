import Foundation
import Testing

/// Files of TLS that change for the worse while traffic flows: what was in force stays.
@Suite(.ownThreads)
struct RefusedRenewalTests {
    private let scene: RenewalScene
    private var certificates: Certificates { scene.certificates }

    init() throws { scene = try RenewalScene() }

    private func failures(_ sluice: Sluice) -> Int {
        (try? sluice.metrics())?.sum("sluice_certificate_reloads_total", ["result": "failed"]) ?? 0
    }

    static let changes: [(change: String, text: String)] = [
        ("cut", "has no end; the file is cut or half-written"),
        ("expired", "the certificate has expired"),
        ("later", "the certificate is not good yet"),
    ]

    @Test(arguments: changes, [true, false])
    func `what is worse than what is there changes nothing, and the status tells of it`(
        change: (change: String, text: String), bySignal: Bool
    ) throws {
        let folder = certificates.folder
        let sluice = try scene.sluice()
        let good = (pem: try folder.read("a.pem"), key: try folder.read("a.key"))
        switch change.change {
        case "cut":
            let next = try folder.read("ca.pem")
            try folder.replace("a.pem", with: good.pem + next.prefix(next.count / 2))
        case "expired": try certificates.make("a", for: ["a.test"], subject: "/CN=old", days: -1)
        default: try certificates.make("a", for: ["a.test"], from: 86_400, to: 864_000)
        }
        if bySignal { sluice.reload() }
        // While the key was new and the certificate was not, that may have been told of before.
        let line = "listener api: \(folder["a.pem"]): "
        let isTold = eventually {
            sluice.log.split(separator: "\n").contains {
                $0.contains(line) && $0.contains(change.text)
            }
        }
        #expect(isTold, "\(sluice.log)")
        #expect(failures(sluice) >= 1)
        #expect(try scene.subject(sluice) == "subject=CN = first")
        let status = try sluice.command("status").output
        #expect(status.contains("listener api: the files on disk cannot be used"), "\(status)")
        #expect(status.contains(change.text))
        let json = try sluice.command("status", "--json").output
        #expect(json.contains("certificate_faults") && json.contains(change.text), "\(json)")
        try folder.replace("a.key", with: good.key)
        try folder.replace("a.pem", with: good.pem)
        #expect(
            try eventually { !(try sluice.command("status").output.contains("on disk cannot")) })
        #expect(try scene.subject(sluice) == "subject=CN = first")
    }

    @Test(arguments: [true, false])
    func `one that ends soon is taken, and told of`(bySignal: Bool) throws {
        let sluice = try scene.sluice()
        try certificates.make("a", for: ["a.test"], subject: "/CN=short", days: 4)
        if bySignal { sluice.reload() }
        #expect(try eventually { try scene.subject(sluice) == "subject=CN = short" })
        #expect(
            eventually {
                sluice.logCount("\(certificates.folder["a.pem"]): the certificate expires in ") >= 1
            })
    }

    @Test func `one whose time has come is taken without another change`() throws {
        let sluice = try scene.sluice()
        // Its time is told in whole seconds.
        let start = Date(timeIntervalSinceNow: 11)
        try certificates.make("a", for: ["a.test"], from: 12, to: 86_400)
        #expect(try eventually { try scene.subject(sluice) == "subject=CN = a" })
        #expect(Date() >= start)
    }

    @Test func `other settings do not put an expired certificate in a good one's place`() throws {
        let sluice = try scene.sluice()
        try certificates.make("a", for: ["a.test"], days: -1)
        let text = try sluice.folder.read("sluice.yaml")
        try sluice.folder.write(
            text.replacing("tls: {", with: "tls: {profile: modern, "), to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.log.contains("nothing changes") }, "\(sluice.log)")
        #expect(try scene.subject(sluice, "-tls1_2") == "subject=CN = first")
    }

    @Test func `a listener whose files are not there yet refuses the whole reload`() throws {
        let sluice = try scene.sluice()
        let text = try sluice.folder.read("sluice.yaml")
        let more = "  more: {\(certificates.listener("b")), split: kong}\n"
        try sluice.folder.write(
            text.replacing("upstreams:\n", with: more + "upstreams:\n")
                .replacing("kong: {x: 1}", with: "kong: {x: 100}"), to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.log.contains("nothing changes") }, "\(sluice.log)")
        #expect(sluice.log.contains("listener more: tls: \(certificates.folder["b.key"]): no such"))
        #expect(sluice.logCount("listener more: on ") == 0)
        #expect(try scene.subject(sluice) == "subject=CN = first")
        try certificates.make("b", for: ["b.test"])
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 1 })
        #expect(try scene.subject(sluice) == "subject=CN = first")
    }
}
