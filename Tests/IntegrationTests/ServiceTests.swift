import Foundation
import Kernel
import Testing

/// The process as a service manager runs it.
@Suite(.ownThreads)
struct ServiceTests {
    /// Starts a program with variables of its own: `env A=B program`.
    private func program(_ variables: [String: String]) -> [String] {
        ["env"] + variables.map { "\($0)=\($1)" }.sorted() + [Sluice.binary]
    }

    @Test(arguments: ["", "@"])
    func `a service manager is told of the start, a reload, the watchdog and the end`(
        prefix: String
    ) throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        let path = prefix + folder["notify"]
        var settings = Settings(x: x.port)
        settings.more = "shutdown_delay: 500ms\n"
        let manager = try Datagrams(path: path)
        let sluice = try Sluice(
            settings, in: folder,
            program: program(["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"]))
        #expect(manager.contains { $0.hasPrefix("READY=1\nSTATUS=serving kong: x 100 %; gen") })
        #expect(try sluice.get().status == 200)
        #expect(manager.contains { $0 == "WATCHDOG=1" })

        manager.forget()
        sluice.reload()
        #expect(manager.contains { $0.hasPrefix("READY=1\n") })
        let reloading = manager.received.first { $0.hasPrefix("RELOADING=1\n") } ?? ""
        let begin = reloading.split(separator: "\n").first { $0.hasPrefix("MONOTONIC_USEC=") }
        let microseconds = begin.flatMap { Int64($0.dropFirst("MONOTONIC_USEC=".count)) } ?? 0
        let age = Instant.now().nanoseconds / 1_000 - microseconds
        #expect(age >= 0 && age < 3_600_000_000, "\(reloading)")

        // A refused reload ends as well, and says so.
        manager.forget()
        try sluice.folder.write("nonsense", to: "sluice.yaml")
        sluice.reload()
        #expect(manager.contains { $0.contains("READY=1") && $0.contains("refused") })

        manager.forget()
        sluice.child?.signal(SIGTERM)
        #expect(manager.contains { $0.hasPrefix("STOPPING=1\nEXTEND_TIMEOUT_USEC=45500000\n") })
        // A reload meanwhile, that ends or not, changes nothing of that.
        sluice.reload()
        #expect(try sluice.child?.waitForExit() == 0)
        manager.takeAll()
        // From there on nothing says that it serves.
        let end = manager.received.firstIndex { $0.hasPrefix("STOPPING=1") } ?? 0
        #expect(
            !manager.received[end...].contains { $0.contains("READY=1") || $0.contains("serving") })
    }

    @Test func `whoever cannot open its addresses is never ready`() throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        let manager = try Datagrams(path: folder["notify"])
        var settings = Settings(x: x.port)
        // Somebody else is there.
        settings.adminPort = x.port
        try folder.write(settings.text, to: "sluice.yaml")
        let result = try ChildProcess.run(
            [Sluice.binary, "run", "--config", folder["sluice.yaml"]],
            environment: ["NOTIFY_SOCKET": folder["notify"]])
        #expect(result.status == 1)
        #expect(result.errors.contains("admin address 127.0.0.1:\(x.port): "), "\(result.errors)")
        manager.takeAll()
        #expect(!manager.received.contains { $0.contains("READY=1") }, "\(manager.received)")
    }

    @Test(.enabled(if: WorkerHold.isPossible, "only root may hold a thread of another process"))
    func `the watchdog starves while a worker is stuck`() throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        let manager = try Datagrams(path: folder["notify"])
        let sluice = try Sluice(
            Settings(x: x.port), in: folder,
            program: program(["NOTIFY_SOCKET": folder["notify"], "WATCHDOG_USEC": "200000"]))
        #expect(manager.contains { $0 == "WATCHDOG=1" })
        // One thread of the process is held as a debugger holds it, the others go on.
        let held = try WorkerHold(ofProcess: try #require(sluice.child?.pid))
        #expect(eventually { sluice.logCount("do not turn their loops") == 1 })
        manager.takeAll()
        manager.forget()
        #expect(try sluice.control("GET", "/healthz").status == 503)
        manager.takeAll()
        #expect(!manager.received.contains("WATCHDOG=1"))
        held.release()
        #expect(manager.contains { $0 == "WATCHDOG=1" })
        #expect(sluice.logCount("every worker turns its loop again") == 1)
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let unit = "\(root)/conf/systemd/sluice.service"

    /// The settings that docs/service.md and the program rely on.
    @Test(arguments: [
        "Type=notify", "NotifyAccess=main", "ExecReload=/bin/kill -HUP $MAINPID",
        "ExecStartPre=/usr/bin/sluice check --config /etc/sluice/sluice.yaml",
        "Restart=on-failure", "WatchdogSec=20s", "KillMode=mixed", "User=sluice", "Group=sluice",
        "AmbientCapabilities=CAP_NET_BIND_SERVICE", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
        "NoNewPrivileges=yes", "StateDirectory=sluice", "RuntimeDirectory=sluice",
        "LogsDirectory=sluice", "ProtectSystem=strict", "ReadWritePaths=-/etc/sluice/weights",
        "SystemCallFilter=@chown",
    ])
    func `the unit has what the service needs`(setting: String) throws {
        let text = try String(contentsOfFile: Self.unit, encoding: .utf8)
        #expect(text.split(separator: "\n").contains { $0 == setting })
    }

    @Test func `the unit lets a stop take as long as its presets`() throws {
        let text = try String(contentsOfFile: Self.unit, encoding: .utf8)
        let stop = try #require(text.firstMatch(of: /\nTimeoutStopSec=(\d+)s\n/))
        // shutdown_grace is 30 s unless said, and 15 s are for what comes behind it.
        #expect(try #require(Int(stop.1)) >= 45)
    }

    @Test func `the unit is as closed as it can be, and its files are sound`() throws {
        let (root, unit) = (Self.root, Self.unit)
        let security = try ChildProcess.run([
            "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit,
        ])
        #expect(security.status == 0, "\(security.output.suffix(200)) \(security.errors)")
        // The program and its manual are where a package puts them, which is not here.
        let verified = try ChildProcess.run([
            "systemd-analyze", "verify", "--man=no", unit, "\(root)/conf/systemd/sluice.socket",
        ])
        let findings = verified.errors.split(separator: "\n").filter {
            !$0.contains("is not executable") && ($0.contains("sluice.s"))
        }
        #expect(findings.isEmpty, "\(findings)")
    }
}
