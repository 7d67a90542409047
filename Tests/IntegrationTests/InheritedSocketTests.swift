import Foundation
import Testing

/// Sockets that the process is started with.
@Suite(.ownThreads)
struct InheritedSocketTests {
    /// Opens addresses as a service manager does, keeps them open, and runs the program on them.
    /// SIGUSR2 ends that one; when the file `go` is there, the next one begins.
    private static let script = """
        import os, signal, socket, sys, time
        sockets = []
        for address in sys.argv[1].split(","):
            if address.startswith("/"):
                one = socket.socket(socket.AF_UNIX)
                one.bind(address)
            else:
                host, port = address.rsplit(":", 1)
                one = socket.socket(socket.AF_INET)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                one.bind((host, int(port)))
            one.listen(16)
            sockets.append(one)
        def start():
            child = os.fork()
            if child: return child
            for number, one in enumerate(sockets):
                os.dup2(one.fileno(), 100 + number)
            for number in range(len(sockets)):
                os.dup2(100 + number, 3 + number)
            os.closerange(3 + len(sockets), 200)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)),
                              LISTEN_FDNAMES=":".join("web" for _ in sockets))
            os.execv(sys.argv[3], sys.argv[3:])
        child = start()
        again = False
        def restart(*_):
            global again
            again = True
            os.kill(child, signal.SIGTERM)
        signal.signal(signal.SIGUSR2, restart)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda n, _: os.kill(child, n))
        status = os.waitpid(child, 0)[1]
        if again:
            open(sys.argv[2] + "/gone", "w")
            while not os.path.exists(sys.argv[2] + "/go"): time.sleep(0.01)
            child = start()
            status = os.waitpid(child, 0)[1]
        sys.exit(os.waitstatus_to_exitcode(status) & 0xff)
        """

    private func program(_ addresses: [String], _ folder: TemporaryFolder) -> [String] {
        [
            "python3", "-c", Self.script, addresses.joined(separator: ","), folder.path,
            Sluice.binary,
        ]
    }

    private func settings(_ x: ScriptedUpstream, _ port: UInt16, admin: UInt16 = 0) -> Settings {
        var settings = Settings(x: x.port)
        settings.listener = "address: 127.0.0.1:\(port)"
        settings.adminPort = admin
        return settings
    }

    @Test func `listeners, admin and control take the sockets of their addresses`() throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        let port = try LoopbackAddress.freePort()
        let admin = try LoopbackAddress.freePort()
        let addresses = ["127.0.0.1:\(port)", folder["sluice.sock"], "127.0.0.1:\(admin)"]
        let sluice = try Sluice(
            settings(x, port, admin: admin), in: folder, program: program(addresses, folder))
        #expect(sluice.port == port)
        #expect(sluice.adminPort == admin)
        #expect(try sluice.admin("GET", "/healthz").status == 200)
        for _ in 0..<8 { #expect(try sluice.get().status == 200) }
        #expect(sluice.logCount("control socket: \(sluice.socket), handed over") == 1)
        #expect(try sluice.control("PUT", "/v1/log", #"{"level": "debug"}"#).status == 200)
        #expect(try sluice.control("GET", "/healthz").status == 200)
        // A reload keeps it; one that lets go of it says that nobody listens there any more.
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 1 })
        #expect(try sluice.get().status == 200)
        try folder.write(settings(x, 0, admin: admin).text, to: "sluice.yaml")
        sluice.reload()
        #expect(
            eventually {
                sluice.logCount(
                    "127.0.0.1:\(port) (web) was handed over, and nothing listens there") == 1
            })
        #expect(try sluice.stop() == 0)
        #expect(FileManager.default.fileExists(atPath: sluice.socket))
    }

    @Test func `connections wait while the program is not there`() throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        let port = try LoopbackAddress.freePort()
        let sluice = try Sluice(
            settings(x, port), in: folder, program: program(["127.0.0.1:\(port)"], folder))
        #expect(try sluice.get().status == 200)
        sluice.child?.signal(SIGUSR2)
        #expect(eventually { (try? folder.read("gone")) != nil })
        let early = try (0..<5).map { _ in try sluice.connect() }
        for wire in early { try wire.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n") }
        try folder.write("", to: "go")
        for wire in early { #expect(try wire.takeResponse().status == 200) }
        #expect(eventually { (try? sluice.control("GET", "/readyz"))?.status == 200 })
        #expect(try sluice.stop() == 0)
    }

    @Test func `an address twice is two queues, and each is served`() throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        let port = try LoopbackAddress.freePort()
        let address = "127.0.0.1:\(port)"
        let sluice = try Sluice(
            settings(x, port), in: folder, program: program([address, address], folder))
        for _ in 0..<32 { #expect(try sluice.get().status == 200) }
        #expect(try sluice.stop() == 0)
    }

    @Test(arguments: [
        (3, " more than 2 times; expected at most as often as there are workers"),
        (1, ", and nothing listens there; expected the address of a listener"),
    ])
    func `a socket that nobody takes is a reason not to start`(
        count: Int, expected: String
    ) throws {
        let x = try ScriptedUpstream(name: "x")
        let folder = try TemporaryFolder()
        let port = try LoopbackAddress.freePort()
        try folder.write(settings(x, count == 1 ? 0 : port).text, to: "sluice.yaml")
        let addresses = (0..<count).map { _ in "127.0.0.1:\(port)" }
        let result = try ChildProcess.run(
            program(addresses, folder) + ["run", "--config", folder["sluice.yaml"]])
        #expect(result.status == 1)
        #expect(
            result.errors.contains("127.0.0.1:\(port) (web) was handed over\(expected)"),
            "\(result.errors)")
    }
}
