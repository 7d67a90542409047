import Foundation
import Testing

/// Who may come in at the admin address of a process, and what is said of those who may not.
@Suite(.ownThreads)
struct AdminAccessTests {
    private static let token = "correct-horse-battery-staple"
    private static let body = #"{"weights": {"x": 1}}"#

    private func put(_ sluice: Sluice, _ fields: [String]) throws -> Int {
        try sluice.admin("PUT", "/v1/splits/kong", Self.body, fields: fields).status
    }

    /// The status of a request that asks by a name.
    private func look(_ sluice: Sluice, by host: String, _ fields: [String] = []) throws -> Int {
        let lines = ["GET /v1/status HTTP/1.1", "Host: \(host)"] + fields
        return try Wire(port: sluice.adminPort)
            .exchange(lines.map { $0 + "\r\n" }.joined() + "\r\n").status
    }

    @Test func `a reload brings names, and who may look`() throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        try folder.write(Self.token + "\n", to: "ops.token")
        var settings = Settings(x: x.port)
        settings.adminMore = ", tokens: [{name: ops, file: ops.token}]"
        let sluice = try Sluice(settings, in: folder)
        #expect(try look(sluice, by: "a.test") == 421)
        #expect(try look(sluice, by: "127.0.0.1") == 200)
        // The address itself is not changed by a reload, nor is what stays as it was.
        settings.adminMore += ", hosts: [a.test], read: token"
        try folder.write(settings.text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 1 })
        let fields = ["Authorization: Bearer \(Self.token)"]
        for (host, status) in [("a.test", 200), ("127.0.0.1", 200), ("b.test", 421)] {
            #expect(try look(sluice, by: host, fields) == status, "\(host)")
        }
        for host in ["a.test", "127.0.0.1"] {
            #expect(try look(sluice, by: host) == 401, "\(host)")
        }
        #expect(try sluice.admin("GET", "/metrics").status == 200)
    }

    @Test func `whoever has no token is told of in a sum, and each other refusal in a line`()
        throws
    {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        try folder.write(Self.token + "\n", to: "ops.token")
        #expect(unsafe chmod(folder["ops.token"], 0o644) == 0)
        var settings = Settings(x: x.port)
        settings.adminMore = ", tokens: [{name: ops, file: ops.token}]"
        let sluice = try Sluice(settings, in: folder)
        #expect(sluice.logCount("ops.token may be read by others; expected mode 0600") == 1)
        for _ in 0..<3 { #expect(try put(sluice, ["Authorization: Bearer wrong-one"]) == 401) }
        #expect(eventually { sluice.log.contains(" refused without a right token") })
        #expect(sluice.logCount("refused with 4") == 0, "\(sluice.log)")
        let right = ["Authorization: Bearer \(Self.token)"]
        #expect(try sluice.admin("PUT", "/v1/splits/kong", "{", fields: right).status == 400)
        #expect(sluice.logCount("refused with 400: PUT \"/v1/splits/kong\" by the token ops") == 1)
        #expect(try sluice.command("metrics").output.contains("tokens_refused_total 3\n"))
    }

    @Test func `where nothing can be changed, whoever tries fills no log`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        for _ in 0..<3 { #expect(try put(sluice, []) == 403) }
        #expect(sluice.logCount("refused with 4") == 0, "\(sluice.log)")
        // The page stands where browsers come, and not at the socket.
        for path in ["/", "/dashboard/main.js"] {
            #expect(try sluice.admin("GET", path).status == 200)
            #expect(try sluice.control("GET", path).status == 404)
        }
    }
}
