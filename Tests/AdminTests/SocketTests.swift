import Admin
import Kernel
import Testing

@Suite struct SocketTests {
    @Test func `the socket is the named one, the environment's, the configuration's`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            listeners: {api: {address: 127.0.0.1:8000, split: kong}}
            upstreams: {x: {targets: [127.0.0.1:9001]}}
            splits: {kong: {x: 1}}
            control: {socket: s.sock}
            """, to: "sluice.yaml")
        let config = "\(folder.path)/sluice.yaml"
        let environment = ["SLUICE_SOCKET": "e.sock"]
        let path = { (socket: String?, environment: [String: String]) throws in
            try SocketDiscovery.path(socket: socket, config: config, environment: environment)
        }
        #expect(try path("n.sock", environment) == "n.sock")
        #expect(try path(nil, environment) == "e.sock")
        #expect(try path(nil, [:]) == "\(folder.path)/s.sock")
        #expect(throws: SocketDiscovery.Fault.nothingNamed) {
            try SocketDiscovery.path(socket: nil, config: nil, environment: [:])
        }
    }

    @Test func `a configuration without a control socket is refused`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            listeners: {api: {address: 127.0.0.1:8000, split: kong}}
            upstreams: {x: {targets: [127.0.0.1:9001]}}
            splits: {kong: {x: 1}}
            """, to: "sluice.yaml")
        let config = "\(folder.path)/sluice.yaml"
        #expect(throws: SocketDiscovery.Fault.noSocket(config: config)) {
            try SocketDiscovery.path(socket: nil, config: config, environment: [:])
        }
    }

    @Test func `nobody on the socket is told apart`() throws {
        let folder = try TemporaryFolder()
        let socket = "\(folder.path)/none.sock"
        #expect(throws: ControlClient.Fault.nobody(socket: socket)) {
            try ControlClient(socket: socket).send("GET", "/v1/status")
        }
        #expect(SocketCommands(socket: socket).status() == ExitStatus.unavailable)
        let long = String(repeating: "a", count: UnixSocket.longestPath + 1)
        #expect(throws: ControlClient.Fault.self) {
            try ControlClient(socket: long).send("GET", "/v1/status")
        }
    }

    @Test(arguments: ["x", "x y", "=1", "="])
    func `what is no weight of a member is wrong usage`(assignment: String) {
        let commands = SocketCommands(socket: "none.sock")
        let status = commands.setWeights(
            "kong", ["y=1", assignment], reason: nil, ifGeneration: nil)
        #expect(status == ExitStatus.usage)
    }

    @Test func `an answer is its status and its body`() {
        let text = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
        let reply = ControlClient.Reply(Array(text.utf8))
        #expect(reply?.status == 404 && reply?.body == Array("{}".utf8))
    }

    @Test(arguments: [
        "", "HTTP/1.1 200", "hello\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 x\r\n\r\n",
    ])
    func `what is no answer is none`(text: String) {
        #expect(ControlClient.Reply(Array(text.utf8)) == nil)
    }
}
