import Foundation
import Testing

/// A process that may open few descriptors, and more clients than it has any for.
@Suite(.ownThreads)
struct DescriptorLimitTests {
    @Test func `when traffic has taken all descriptors, the operator still has some`() throws {
        let x = try ScriptedUpstream(name: "x")
        let y = try ScriptedUpstream(name: "y")
        let sluice = try Sluice(
            Settings(x: x.port, y: y.port),
            program: ["sh", "-c", "ulimit -n 160; exec \"$0\" \"$@\"", Sluice.binary])
        // 160 less 64 that are reserved, less an eighth for the connections that requests need.
        let most = 84
        var clients = try (1...100).map { _ in try sluice.connect() }
        let connections = { try sluice.metrics().sum("sluice_downstream_connections") }
        #expect(try eventually { try connections() == most })
        // The other clients wait, and nothing turns meanwhile.
        #expect(try sluice.isCalm(milliseconds: 60))
        #expect(try connections() == most)

        for client in clients.prefix(10) { #expect(try client.get().status == 200) }
        #expect(try sluice.command("split", "kong", "x=50", "y=50").status == 0)
        #expect(try sluice.command("rollback").status == 0)
        #expect(try sluice.command("status").status == 0)
        #expect(try sluice.split().weights == ["x": 100, "y": 0])

        clients.removeFirst(40)
        for client in clients { #expect(try client.get().status == 200) }
        clients = []
        #expect(try eventually { try connections() == 0 })
        #expect(try sluice.stop() == 0)
    }
}
