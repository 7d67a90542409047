import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// Requests by method and prefix, counted by the side that has answered them.
    @Suite
    struct PrefixWatchTests {
        private static func subject(_ epoch: Int64 = 1) -> DataPlane.PrefixSubject {
            DataPlane.PrefixSubject(
                split: "kong", stable: "x", candidate: "y", epoch: epoch)
        }

        private static func ask(_ stage: Stage, _ lines: [String]) throws {
            let client = try stage.client()
            defer { client.close() }
            for line in lines {
                client.send("\(line) HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try client.answer()
            }
        }

        private static func rows(_ stage: Stage) async -> [String] {
            await (stage.plane.prefixes()["kong"]?.rows ?? []).map {
                "\($0.text) \($0.stableCount) \($0.candidateCount)"
            }
        }

        @Test
        func `they count while they are watched, through changes of weights and settings`()
            async throws
        {
            let x = try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }
            let y = try Origin { _ in "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" }
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage([[x.port], [y.port]])
            await stage.setWeights([1, 0])
            try Self.ask(stage, ["GET /before"])
            #expect(await Self.rows(stage).isEmpty)
            #expect(await stage.plane.watchPrefixes([Self.subject()]).pendingWorkers.isEmpty)
            try Self.ask(stage, ["GET /a/1", "GET /a/2?q", "POST /b/new/x", "GET http://h/c"])
            #expect(await Self.rows(stage) == ["GET /a/{id} 2 0", "POST /b/new 1 0", "GET /c 1 0"])
            await stage.setWeights([0, 1])
            try Self.ask(stage, ["GET /c", "GET /d"])
            // The same again changes nothing.
            _ = await stage.plane.watchPrefixes([Self.subject()])
            #expect(
                await Self.rows(stage)
                    == ["GET /a/{id} 2 0", "POST /b/new 1 0", "GET /c 1 1", "GET /d 0 1"])
            _ = await stage.plane.watchPrefixes([Self.subject(2)])
            try Self.ask(stage, ["GET /e"])
            #expect(await Self.rows(stage) == ["GET /e 0 1"])
            _ = await stage.plane.watchPrefixes([])
            try Self.ask(stage, ["GET /f"])
            #expect(await Self.rows(stage).isEmpty)
            await stage.end()
        }

        @Test
        func `what no upstream has answered was not seen, and paths without end change nothing`()
            async throws
        {
            let x = try Origin { peer, _ in
                while let request = peer.message(.request) {
                    if request.target == "/gone" { return }
                    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                }
            }
            defer { x.stop() }
            let stage = try await Stage([[x.port], [1]])
            await stage.setWeights([1, 0])
            _ = await stage.plane.watchPrefixes([Self.subject()])
            try Self.ask(stage, ["GET /gone", "GET /here"])
            #expect(await Self.rows(stage) == ["GET /here 1 0"])
            let long = String(repeating: "z", count: 3_000)
            try Self.ask(stage, (0..<1_500).map { "GET /p\($0)x/\(long.prefix($0))" })
            try Self.ask(stage, ["GET /here"])
            let prefixes = try #require(await stage.plane.prefixes()["kong"])
            #expect(prefixes.rows.first?.stableCount == 2)
            #expect(prefixes.rows.count <= RequestPrefixes.slots)
            #expect(prefixes.rows.reduce(prefixes.overflowCount) { $0 + $1.stableCount } == 1_502)
            await stage.end()
        }
    }
}
