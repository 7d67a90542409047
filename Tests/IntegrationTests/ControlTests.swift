import Foundation
import Testing

/// The control API and the commands, as programs and people use them.
@Suite(.ownThreads)
struct ControlTests {
    @Test func `bad input is refused with its status and changes nothing`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        let before = try sluice.split()
        let cases: [(path: String, body: String, status: Int)] = [
            ("kong", #"{"weights": {"x": 1}}"#, 400),
            ("kong", #"{"weights": {"x": 1, "y": 2, "z": 3}}"#, 400),
            ("kong", #"{"weights": {"x": 0, "y": 0}}"#, 400),
            ("kong", #"{"weights": {"x": -1, "y": 2}}"#, 400),
            ("kong", #"{"weights": {"x": 33.333, "y": 2}}"#, 400),
            ("kong", #"{"weights": {"x": "10", "y": 2}}"#, 400),
            ("kong", #"{"weights": {"x": 1000001, "y": 2}}"#, 400),
            ("kong", #"{"weight": {"x": 1, "y": 2}}"#, 400),
            ("kong", "{", 400),
            ("other", #"{"weights": {"x": 1, "y": 2}}"#, 404),
        ]
        for (path, body, status) in cases {
            let answer = try sluice.control("PUT", "/v1/splits/\(path)", body)
            #expect(answer.status == status, "\(body)")
            let error = try JSONDecoder().decode([String: String].self, from: answer.body)
            #expect(error["error"]?.isEmpty == false)
        }
        #expect(try sluice.split() == before)
    }

    @Test func `a generation that has passed is refused`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        let body = #"{"weights": {"x": 1, "y": 2}}"#
        let generation = try sluice.split().generation
        let put = { (tag: String) in
            try sluice.control("PUT", "/v1/splits/kong", body, fields: ["If-Match: \(tag)"]).status
        }
        #expect(try put("\"\(generation + 1)\"") == 412)
        #expect(try sluice.split().generation == generation)
        #expect(try put("\"\(generation)\"") == 200)
        #expect(try put("\"\(generation)\"") == 412)
    }

    @Test func `what is set already is no change`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        #expect(try sluice.set(x: 75, y: 25).status == 200)
        let generation = try sluice.split().generation
        #expect(try sluice.set(x: 75, y: 25).status == 200)
        #expect(try sluice.split().generation == generation)
    }

    @Test func `several splits change in one generation or not at all`() throws {
        var settings = Settings(x: 1, y: 2)
        settings.weights = "{x: 90, y: 10}\n  other: {x: 50, y: 50}"
        let sluice = try Sluice(settings)
        let bad = #"{"kong": {"weights": {"x": 1, "y": 2}}, "other": {"weights": {"x": 1}}}"#
        #expect(try sluice.control("PUT", "/v1/splits", bad).status == 400)
        #expect(try sluice.split("kong").weights == ["x": 90, "y": 10])
        let good = """
            {"kong": {"weights": {"x": 1, "y": 2}}, "other": {"weights": {"x": 3, "y": 4}},
             "reason": "step 2"}
            """
        #expect(try sluice.control("PUT", "/v1/splits", good).status == 200)
        #expect(try sluice.split("kong").weights == ["x": 1, "y": 2])
        #expect(try sluice.split("other").weights == ["x": 3, "y": 4])
        #expect(try sluice.split("kong").generation == sluice.split("other").generation)
    }

    @Test func `the admin address reads everything and changes nothing`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        for path in [
            "/v1/status", "/v1/splits", "/v1/splits/kong", "/metrics", "/healthz", "/readyz",
        ] {
            #expect(try sluice.admin("GET", path).status == 200, "\(path)")
        }
        let before = try sluice.split()
        let body = #"{"weights": {"x": 1, "y": 2}}"#
        #expect(try sluice.admin("PUT", "/v1/splits/kong", body).status == 403)
        #expect(try sluice.admin("POST", "/v1/splits/kong/rollback").status == 403)
        #expect(try sluice.admin("GET", "/nothing").status == 404)
        #expect(try sluice.split() == before)
    }

    @Test func `the socket is its owner's alone, and a stale one is replaced`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        let mode = {
            let attributes = try FileManager.default.attributesOfItem(atPath: sluice.socket)
            return attributes[.posixPermissions] as? Int
        }
        #expect(try mode() == 0o600)
        sluice.crash()
        #expect(FileManager.default.fileExists(atPath: sluice.socket))
        try sluice.start()
        #expect(try mode() == 0o600)
    }

    @Test func `a second proxy on the same socket or port is refused`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        var sameSocket = Settings(x: 1, y: 2)
        sameSocket.socket = sluice.socket
        var samePort = Settings(x: 1, y: 2)
        samePort.listener = "address: 127.0.0.1:\(sluice.port)"
        for (settings, word) in [(sameSocket, sluice.socket), (samePort, "\(sluice.port)")] {
            let folder = try TemporaryFolder()
            try folder.write(settings.text, to: "sluice.yaml")
            let result = try ChildProcess.run([
                Sluice.binary, "run", "--config", folder["sluice.yaml"],
            ])
            #expect(result.status == 1)
            #expect(result.errors.contains(word), "\(result.errors)")
        }
        #expect(try sluice.control("GET", "/readyz").status == 200)
    }

    @Test func `commands change, show and roll back`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        let set = try sluice.command("split", "kong", "x=75", "y=25", "--reason", "step 1")
        #expect(set.status == 0, "\(set.errors)")
        for word in ["90", "75", "\(try sluice.split().generation)"] {
            #expect(set.output.contains(word))
        }
        #expect(try sluice.split().weights == ["x": 75, "y": 25])
        let rollback = try sluice.command("rollback", "kong")
        #expect(rollback.status == 0)
        #expect(rollback.output.contains("y still has"))
        #expect(try sluice.split().weights["y"] == 0)
        #expect(try sluice.command("split").output.contains("kong"))
        #expect(try sluice.command("metrics").output.contains("sluice_generation"))
        for arguments in [["split"], ["status"]] {
            let result = try ChildProcess.run(
                [Sluice.binary] + arguments + ["--json", "--socket", sluice.socket])
            #expect(result.status == 0)
            _ = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        }
    }

    @Test func `commands end with the status that scripts look at`() throws {
        let sluice = try Sluice(Settings(x: 1, y: 2))
        #expect(try sluice.command("split", "kong", "x=1").status == 1)
        #expect(try sluice.command("split", "other", "x=1", "y=2").status == 1)
        #expect(
            try sluice.command("split", "kong", "x=1", "y=2", "--if-generation", "99").status == 1)
        #expect(try sluice.command("split", "--unknown").status == 2)
        #expect(try sluice.command("nonsense").status == 2)
        #expect(try sluice.command("version").status == 0)
        #expect(try sluice.command("split", "--socket", sluice.folder["none"]).status == 69)
        let result = try ChildProcess.run(
            [Sluice.binary, "status", "--config", sluice.folder["sluice.yaml"]])
        #expect(result.status == 0)
        sluice.crash()
        let dead = try sluice.command("status")
        #expect(dead.status == 69)
        #expect(!dead.errors.isEmpty)
    }

    @Test func `check tells every fault with its place`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Settings(x: 1, y: 2).text, to: "sluice.yaml")
        let check = {
            try ChildProcess.run([Sluice.binary, "check", "--config", folder["sluice.yaml"]])
        }
        #expect(try check().status == 0)
        try folder.write(
            Settings(x: 1, y: 2).text.replacing("splits:", with: "splitz:")
                .replacing("workers: 2", with: "workers: two"), to: "sluice.yaml")
        let result = try check()
        #expect(result.status == 1)
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count >= 2)
        #expect(lines.allSatisfy { $0.contains("sluice.yaml:") })
    }
}
