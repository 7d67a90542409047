import Foundation
import Testing

/// `sluice health`, which containers ask instead of curl.
@Suite(.ownThreads)
struct HealthCommandTests {
    @Test func `a proxy that is well says so, and one that ends takes no clients`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.more = "shutdown_delay: 60s\n"
        let sluice = try Sluice(settings)
        let well = try sluice.command("health")
        #expect(well.status == 0 && well.output.contains("ok"), "\(well.output)")
        let ready = try sluice.command("health", "--ready")
        #expect(ready.status == 0 && ready.output.contains("ready"), "\(ready.output)")

        sluice.child?.signal(SIGTERM)
        #expect(try eventually { try sluice.command("health", "--ready").status == 1 })
        #expect(try sluice.command("health").status == 0)
        let early = try sluice.command("health", "--ready")
        #expect(early.errors.contains("not ready"), "\(early.errors)")
    }

    @Test func `nobody there is another status than a proxy that is not well`() throws {
        let folder = try TemporaryFolder()
        let result = try ChildProcess.run(
            [Sluice.binary, "health"], environment: ["SLUICE_SOCKET": folder["no.sock"]])
        #expect(result.status == 69)
        #expect(result.errors.contains("no.sock"), "\(result.errors)")
    }

    @Test func `a schema is printed of each kind of file, and of no other`() throws {
        for kind in [[], ["config"], ["weights"], ["plan"]] {
            let result = try ChildProcess.run([Sluice.binary, "schema"] + kind)
            let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
            #expect(result.status == 0 && json is [String: Any], "\(kind)")
        }
        #expect(try ChildProcess.run([Sluice.binary, "schema", "kong"]).status == 2)
    }
}
