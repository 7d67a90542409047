import Foundation

/// gRPC's own server and client (grpcio of PyPI), in an environment of the tests'.
final class GRPCPeers {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let script = path(of: "grpc_peers.py")
    private static let python = root.appendingPathComponent(".build-grpc/bin/python3").path

    /// Whether they can be had here.
    static let areThere: Bool = {
        let install = root.appendingPathComponent("scripts/install-grpc").path
        return (try? ChildProcess.run([install], within: 300))?.status == 0
    }()

    private static func path(of script: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent(script).path
    }

    let port: UInt16
    private let folder: TemporaryFolder
    private let server: ChildProcess

    /// Starts a server on a free port.
    init() throws {
        let folder = try TemporaryFolder()
        let server = try ChildProcess(
            [Self.python, Self.script, "server", folder["port"]],
            output: folder["output"], errors: folder["errors"])
        let isUp = eventually { !server.isRunning || folder.size(of: "port") > 0 }
        guard isUp, let port = UInt16(try folder.read("port")) else {
            throw TimedOut("no server of gRPC: \(try folder.read("errors"))")
        }
        self.port = port
        self.folder = folder
        self.server = server
    }

    func end() { server.end() }

    /// The command that runs another script with the libraries of that environment.
    static func command(_ script: String, _ arguments: String...) -> [String] {
        [python, path(of: script)] + arguments
    }

    /// What a client prints that makes calls to a port.
    static func calls(_ kind: String, to port: UInt16) throws -> String {
        let result = try ChildProcess.run([python, script, kind, "\(port)"])
        return result.output + result.errors
    }
}
