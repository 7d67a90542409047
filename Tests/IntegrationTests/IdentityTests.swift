import Foundation
import Testing

/// Rights that are given up, where there are any.
@Suite(.ownThreads, .enabled(if: getuid() == 0, "only root has rights to give up"))
struct IdentityTests {
    private static let nobody = 65_534

    /// A folder of nobody's, with settings that name it.
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        guard unsafe chown(folder.path, uid_t(Self.nobody), gid_t(Self.nobody)) == 0 else {
            throw WireError.system("chown", errno)
        }
        return folder
    }

    private func settings(_ x: ScriptedUpstream) -> Settings {
        var settings = Settings(x: x.port)
        settings.more = "user: nobody\n"
        return settings
    }

    /// What the kernel says of each thread: a field of its status.
    private func field(_ name: String, _ process: pid_t) throws -> Set<String> {
        let tasks = "/proc/\(process)/task"
        let threads = try FileManager.default.contentsOfDirectory(atPath: tasks)
        return Set(
            threads.compactMap { thread in
                let text = try? String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
                let line = text?.split(separator: "\n").first { $0.hasPrefix("\(name):") }
                return line.map { $0.split(separator: "\t").dropFirst().joined(separator: " ") }
            })
    }

    @Test func `every thread is the user, with one capability and no way back`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(settings(x), in: try folder())
        #expect(try sluice.get().status == 200)
        let process = try #require(sluice.child?.pid)
        let four = Array(repeating: "\(Self.nobody)", count: 4).joined(separator: " ")
        #expect(try field("Uid", process) == [four])
        #expect(try field("Gid", process) == [four])
        #expect(try field("NoNewPrivs", process) == ["1"])
        let groups = try field("Groups", process)
        #expect(groups == [""] || groups == [" "] || groups.isEmpty, "\(groups)")
        // CAP_NET_BIND_SERVICE is bit 10.
        for name in ["CapPrm", "CapEff", "CapBnd"] {
            #expect(try field(name, process) == ["0000000000000400"], "\(name)")
        }
        #expect(try field("CapInh", process) == ["0000000000000000"])

        // A port below 1024 that a reload brings can be had all the same.
        let low = try lowPort()
        var next = settings(x)
        next.listener = "address: 127.0.0.1:\(low)"
        try sluice.folder.write(next.text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.logCount("is in force") == 1 })
        #expect(try Wire(port: low).get("/").status == 200)
        // The state is its own.
        var facts = stat()
        #expect(unsafe stat(sluice.folder["state"], &facts) == 0)
        #expect(Int(facts.st_uid) == Self.nobody)
        #expect(try sluice.set(x: 2, y: 0).status == 400)
        #expect(try sluice.stop() == 0)
    }

    @Test func `of all groups only that of the control socket is left`() throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = settings(x)
        settings.socket = "sluice.sock, group: daemon"
        let daemon = try #require(unsafe getgrnam("daemon")?.pointee.gr_gid)
        let sluice = try Sluice(
            settings, in: try folder(), program: ["setpriv", "--groups=4711", Sluice.binary])
        let process = try #require(sluice.child?.pid)
        let groups = try field("Groups", process).map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(groups == ["\(daemon)"])
        var facts = stat()
        #expect(unsafe stat(sluice.socket, &facts) == 0 && facts.st_gid == daemon)
    }

    private func lowPort() throws -> UInt16 {
        for port in UInt16(700)..<1_000 {
            guard let (descriptor, _) = try? LoopbackAddress(port: port).listen() else { continue }
            close(descriptor)
            return port
        }
        throw TimedOut("no port below 1024 is free")
    }

    @Test func `without the capability a reload that needs it is refused as a whole`() throws {
        let first = try String(
            contentsOfFile: "/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding: .utf8)
        guard Int(first.trimmingCharacters(in: .whitespacesAndNewlines)) == 1_024 else { return }
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(
            settings(x), in: try folder(),
            program: [
                "setpriv", "--bounding-set=-net_bind_service", Sluice.binary,
            ])
        let process = try #require(sluice.child?.pid)
        #expect(try field("CapEff", process) == ["0000000000000000"])
        var next = settings(x)
        next.listener = "address: 127.0.0.1:\(try lowPort())"
        try sluice.folder.write(next.text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.logCount("refused: nothing changes") == 1 })
        #expect(sluice.logCount("ports below 1024 need the capability CAP_NET_BIND_SERVICE") == 1)
        #expect(try sluice.get().status == 200)
    }

    @Test func `a file of root's in the state keeps it from starting, and stays root's`() throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try folder()
        try folder.makeFolder("state")
        try folder.write("", to: "state/weights.state")
        #expect(unsafe chmod(folder["state/weights.state"], 0o644) == 0)
        #expect(
            unsafe chown(folder["state"], uid_t(Self.nobody), gid_t(Self.nobody)) == 0)
        try folder.write(settings(x).text, to: "sluice.yaml")
        let result = try ChildProcess.run([
            Sluice.binary, "run", "--config", folder["sluice.yaml"],
        ])
        #expect(result.status == 1)
        #expect(
            result.errors.contains(
                "may not write to \(folder["state/weights.state"]), in the state_dir"),
            "\(result.errors)")
        var facts = stat()
        #expect(unsafe stat(folder["state/weights.state"], &facts) == 0 && facts.st_uid == 0)
    }

    @Test(arguments: [
        ("user: nobody-has-this\n", "\"nobody-has-this\" is no user of this machine"),
        ("user: nobody\ngroup: no-such-group\n", "\"no-such-group\" is no group of this machine"),
        ("user: root\n", "\"root\" is root; expected another user"),
        ("user: nobody\n", "may not write to"),
    ])
    func `what cannot be taken on is told with its place`(more: String, expected: String) throws {
        let x = try ScriptedUpstream(name: "x")
        // A folder of root's: nobody cannot make a control socket there.
        let folder = try TemporaryFolder()
        var settings = Settings(x: x.port)
        settings.more = more
        try folder.write(settings.text, to: "sluice.yaml")
        let result = try ChildProcess.run([
            Sluice.binary, "run", "--config", folder["sluice.yaml"],
        ])
        #expect(result.status == 1)
        let line = settings.text.split(separator: "\n", omittingEmptySubsequences: false)
            .lastIndex { $0.hasPrefix(more.contains("group") ? "group" : "user") }
        let place = "\(folder["sluice.yaml"]):\((line ?? 0) + 1):"
        #expect(result.errors.contains(place), "\(result.errors)")
        #expect(result.errors.contains(expected), "\(result.errors)")
    }
}
