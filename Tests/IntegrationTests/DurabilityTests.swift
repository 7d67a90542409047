import Foundation
import Testing

/// What is acknowledged survives, and what a person writes is respected.
@Suite(.ownThreads)
struct DurabilityTests {
    static let text = "# old and new\nkong:   # main\n  x: 90  # old\n  y: 10\n"

    @Test func `a change survives kill -9 right after its acknowledgement`() throws {
        let sluice = try Self.sluice()
        for share in [25, 50, 75] {
            #expect(try sluice.set(x: 100 - share, y: share).status == 200)
            let before = try sluice.split()
            sluice.crash()
            try sluice.start()
            let after = try sluice.split()
            #expect(after.weights == ["x": Double(100 - share), "y": Double(share)])
            #expect(after.generation == before.generation)
        }
        let text = try sluice.folder.read("weights.yaml")
        #expect(text == "# old and new\nkong:   # main\n  x: 25  # old\n  y: 75\n")
        let before = try sluice.split().generation
        #expect(try sluice.set(x: 1, y: 1).status == 200)
        #expect(try sluice.split().generation > before)
    }

    @Test func `with a weight file that cannot be written the state keeps the change`() throws {
        let folder = try TemporaryFolder()
        let program = try Self.lock(folder)
        defer { _ = unsafe chmod(folder["locked"], 0o755) }
        let sluice = try Sluice(Self.lockedSettings(), in: folder, program: program)
        #expect(try sluice.set(x: 30, y: 70).status == 200)
        #expect(try sluice.split().durable)
        #expect(try sluice.status().weights_file?.drift == true)
        #expect(try sluice.metrics().sum("sluice_weights_file_drift") == 1)
        sluice.crash()
        try sluice.start()
        #expect(try sluice.split().weights == ["x": 30, "y": 70])
        #expect(try folder.read("locked/weights.yaml") == Self.text)
    }

    @Test func `a change that can be kept nowhere is made, with a warning`() throws {
        let folder = try TemporaryFolder()
        let program = try Self.lock(folder, isStateLocked: true)
        defer {
            for name in ["locked", "state"] { _ = unsafe chmod(folder[name], 0o755) }
        }
        let sluice = try Sluice(Self.lockedSettings(), in: folder, program: program)
        let result = try sluice.command("split", "kong", "x=30", "y=70")
        #expect(result.status == 0)
        #expect(!result.errors.isEmpty)
        #expect(try sluice.split().weights == ["x": 30, "y": 70])
        #expect(try sluice.split().durable == false)
    }

    @Test func `a file edited while the proxy was down wins`() throws {
        let sluice = try Self.sluice()
        #expect(try sluice.set(x: 25, y: 75).status == 200)
        let before = try sluice.split().generation
        sluice.crash()
        try sluice.folder.write("kong: {x: 60, y: 40}\n", to: "weights.yaml")
        try sluice.start()
        let after = try sluice.split()
        #expect(after.weights == ["x": 60, "y": 40])
        #expect(after.generation > before)
        #expect(after.source == "file")
    }

    @Test func `with a bad file the state runs, without a state nothing does`() throws {
        let sluice = try Self.sluice()
        #expect(try sluice.set(x: 25, y: 75).status == 200)
        sluice.crash()
        try sluice.folder.write("kong: {x: 60}\n", to: "weights.yaml")
        try sluice.start()
        #expect(try sluice.split().weights == ["x": 25, "y": 75])
        #expect(try sluice.metrics().sum("sluice_weights_file_valid") == 0)
        sluice.crash()
        try FileManager.default.removeItem(atPath: sluice.folder["state"])
        let result = try ChildProcess.run([
            Sluice.binary, "run", "--config", sluice.folder["sluice.yaml"],
        ])
        #expect(result.status == 1)
        #expect(result.errors.contains("weights.yaml:1:"), "\(result.errors)")
    }

    @Test(arguments: [true, false])
    func `a file that is replaced or rewritten is noticed`(isReplaced: Bool) throws {
        let sluice = try Self.sluice()
        let text = "kong: {x: 12.5, y: 87.5}\n"
        if isReplaced {
            try sluice.folder.replace("weights.yaml", with: text)
        } else {
            try sluice.folder.write(text, to: "weights.yaml")
        }
        #expect(try eventually { try sluice.split().weights == ["x": 12.5, "y": 87.5] })
        #expect(try sluice.split().source == "file")
    }

    @Test func `the swap of a Kubernetes volume is noticed`() throws {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        let swap = { (version: String, text: String) in
            try folder.makeFolder("conf/..\(version)")
            try folder.write(text, to: "conf/..\(version)/weights.yaml")
            try files.createSymbolicLink(
                atPath: folder["conf/..data_tmp"], withDestinationPath: "..\(version)")
            #expect(unsafe rename(folder["conf/..data_tmp"], folder["conf/..data"]) == 0)
        }
        try swap("one", "kong: {x: 90, y: 10}\n")
        try files.createSymbolicLink(
            atPath: folder["conf/weights.yaml"], withDestinationPath: "..data/weights.yaml")
        var settings = Settings(x: 1, y: 2)
        settings.more = "weights_file: conf/weights.yaml"
        let sluice = try Sluice(settings, in: folder)
        for share in 1...5 {
            try swap("v\(share)", "kong: {x: 90, y: \(share)}\n")
            #expect(try eventually { try sluice.split().weights["y"] == Double(share) })
        }
    }

    @Test func `a bad file changes nothing and is pointed at`() throws {
        let sluice = try Self.sluice()
        let before = try sluice.split()
        try sluice.folder.replace("weights.yaml", with: "kong:\n  x: 10%\n  y: 10\n")
        #expect(try eventually { try sluice.status().weights_file?.valid == false })
        #expect(try sluice.split() == before)
        let metrics = try sluice.metrics()
        #expect(metrics.sum("sluice_weights_file_valid") == 0)
        #expect(eventually { sluice.log.contains("weights.yaml:2:6") })
        #expect(try sluice.status().weights_file?.errors.first?.contains(":2:6") == true)
        #expect(try sluice.command("status").output.contains("weights.yaml:2:6"))
        try sluice.folder.replace("weights.yaml", with: "kong: {x: 1, y: 1}\n")
        #expect(try eventually { try sluice.split().weights == ["x": 1, "y": 1] })
        #expect(try sluice.status().weights_file?.valid == true)
    }

    @Test func `a file that vanishes keeps the weights`() throws {
        let sluice = try Self.sluice()
        let before = try sluice.split()
        try FileManager.default.removeItem(atPath: sluice.folder["weights.yaml"])
        #expect(try eventually { try sluice.status().weights_file?.valid == false })
        #expect(try sluice.split() == before)
        try sluice.folder.write("kong: {x: 2, y: 3}\n", to: "weights.yaml")
        #expect(try eventually { try sluice.split().weights == ["x": 2, "y": 3] })
    }

    private static func sluice() throws -> Sluice {
        var settings = Settings(x: 1, y: 2)
        settings.weightsFile = text
        return try Sluice(settings)
    }

    private static func lockedSettings() -> Settings {
        var settings = Settings(x: 1, y: 2)
        settings.more = "weights_file: locked/weights.yaml"
        return settings
    }

    /// Makes a weight file, and a state if said, that the proxy cannot write. Root can write
    /// everything, so a proxy of root runs as another user, from a copy that this one may read:
    /// how it is started so.
    private static func lock(
        _ folder: TemporaryFolder, isStateLocked: Bool = false
    ) throws -> [String] {
        try folder.makeFolder("locked")
        try folder.makeFolder("state")
        try folder.write(text, to: "locked/weights.yaml")
        if getuid() != 0 {
            for name in isStateLocked ? ["locked", "state"] : ["locked"] {
                _ = unsafe chmod(folder[name], 0o555)
            }
            return [Sluice.binary]
        }
        let nobody: UInt32 = 65_534
        for path in [folder.path] + (isStateLocked ? [] : [folder["state"]]) {
            _ = unsafe chown(path, nobody, nobody)
        }
        // By another process: a file that this one has open cannot be started.
        let copy = ["install", "--mode", "755", Sluice.binary, folder["sluice"]]
        #expect(try ChildProcess.run(copy).status == 0)
        return [
            "setpriv", "--reuid=\(nobody)", "--regid=\(nobody)", "--clear-groups",
            folder["sluice"],
        ]
    }
}
