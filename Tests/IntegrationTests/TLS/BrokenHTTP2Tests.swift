import Foundation
import Testing

/// HTTP/2 that breaks the rules, or does what it likes, from the h2 library of PyPI's.
@Suite(.ownThreads, .enabled(if: GRPCPeers.areThere, "its library cannot be had here"))
struct BrokenHTTP2Tests {
    private static let outcomes = [
        "data on an idle stream: goaway 1",
        "a window too large: goaway 3",
        "a window of nothing: goaway 1",
        "a stream's window too large: reset 3",
        "an answer to SETTINGS with settings: goaway 6",
        "SETTINGS of five bytes: goaway 6",
        "PING of seven bytes: goaway 6",
        "a frame that is too long: goaway 6",
        "a stream of the server's: goaway 1",
        "a name in upper case: reset 1",
        "a place that is in no table: goaway 9",
        "CONTINUATION without a head: goaway 1",
        "PING inside a head: goaway 1",
        "CONTINUATION without end: goaway 11",
        "a promise: goaway 1",
        "streams that are reset at once: goaway 11",
        "a bomb of fields: status 431",
        "empty DATA without end: goaway 11",
        "PING without end: goaway 11",
    ]

    @Test func `each break of the rules gets its answer, and hurts nobody else`() throws {
        let upstream = try ScriptedUpstream(answering: { _ in
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        })
        let sluice = try Sluice(Settings(x: upstream.port))
        let bystander = try sluice.connect()
        #expect(try bystander.get("/").status == 200)
        let said = try ChildProcess.run(GRPCPeers.command("h2_broken.py", "\(sluice.port)"))
        #expect(said.output.split(separator: "\n").map(String.init) == Self.outcomes)
        #expect(try bystander.get("/").status == 200)
    }

    @Test(arguments: [1, 2])
    func `clients and targets without manners leave nothing behind`(seed: Int) throws {
        let folder = try TemporaryFolder()
        let peers = try ChildProcess(
            GRPCPeers.command("h2_restless.py", folder["."], "\(seed)", "5"),
            output: folder["output"], errors: folder["errors"])
        #expect(eventually { folder.size(of: "ports") > 0 })
        let ports = try folder.read("ports").split(separator: " ").compactMap { UInt16($0) }
        var settings = Settings(x: ports[0], y: ports[1], weights: "{x: 50, y: 50}")
        settings.workers = 2
        for name in ["x", "y"] {
            settings.keys[name] =
                "protocol: http2, limits: {inflight_per_target: 50}, "
                + "timeouts: {response: 2s, idle: 2s, connect: 1s, ping: 1s}"
        }
        let sluice = try Sluice(settings)
        try folder.write("\(sluice.port)", to: "proxy")
        #expect(try peers.waitForExit(within: 60) == 0)
        let ended = Int(try folder.read("output").trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(ended ?? 0 > 20)
        // All is over: nothing is in flight, and it ends at once.
        let isAtRest = try eventually {
            try sluice.metrics().sum("sluice_upstream_inflight") == 0
        }
        #expect(isAtRest)
        #expect(try sluice.stop() == 0)
    }
}
