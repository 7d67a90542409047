import Foundation

/// gRPC's own server and client (grpcio of PyPI), in an environment of the tests'.
final class GRPCPeers {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("grpc_peers.py").path
    private static let python = root.appendingPathComponent(".build-grpc/bin/python3").path

    /// Whether they can be had here.
    static let areThere: Bool = {
        let install = root.appendingPathComponent("scripts/install-grpc").path
        return (try? ChildProcess.run([install], within: 300))?.status == 0
    }()

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

    /// What a client prints that makes calls to a port.
    static func calls(_ kind: String, to port: UInt16) throws -> String {
        let result = try ChildProcess.run([python, script, kind, "\(port)"])
        return result.output + result.errors
    }
}
