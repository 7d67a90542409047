import Bytes
import Foundation
import Kernel
import TLS

/// A certificate that signs itself, in a folder of its own.
final class Files {
    let path: String

    init(names: [String] = ["a.test"]) throws {
        path = "/tmp/sluice-tls-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", self["a.key"], "-out", self["a.pem"], "-days", "30", "-subj",
            "/CN=a.test", "-addext",
            "subjectAltName=" + names.map { "DNS:\($0)" }.joined(separator: ","),
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Pair.Failure(what: "openssl req") }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }
}

/// A client and a server that can only speak with each other.
final class Pair {
    struct Failure: Error {
        let what: String
    }

    /// One of the two.
    final class Peer {
        let socket: Socket
        var session: TLSSession
        var workspace = TLSWorkspace(capacity: 1 << 20)
        var received: [UInt8] = []

        init(_ descriptor: Int32, _ session: consuming TLSSession) {
            socket = Socket(owning: descriptor)
            self.session = session
        }

        var isResumed: Bool { session.isResumed }
        var version: TLSVersion { session.version }
        var hasPeerCertificate: Bool { session.hasPeerCertificate }
        /// Whether it has nothing to send.
        var isSilent: Bool { workspace.outgoing.isEmpty }

        func handshake() throws -> TLSProgress {
            session.handshake(on: socket.descriptor, &workspace)
        }

        /// Sends the records that there are, in pieces.
        func flush(pieceBytes: Int = .max) throws {
            while !workspace.outgoing.isEmpty {
                let count = min(pieceBytes, workspace.outgoing.count)
                guard case .done(let sent) = socket.send(workspace.outgoing, from: 0, count: count)
                else { throw Failure(what: "the socket takes nothing") }
                workspace.outgoing.consume(sent)
                if pieceBytes < .max { return }
            }
            workspace.outgoing.removeAll()
        }

        func sendPlain(_ bytes: [UInt8]) throws {
            var buffer = Buffer(capacity: max(bytes.count, 1))
            buffer.append(bytes.span)
            guard socket.send(buffer) == .done(bytes.count) else { throw Failure(what: "send") }
        }

        /// Reads what is here.
        func read() -> TLSRead {
            var buffer = Buffer(capacity: 65_536)
            let read = session.read(on: socket.descriptor, into: &buffer, &workspace)
            let bytes = buffer.bytes
            for index in 0..<bytes.count { received.append(bytes[index]) }
            return read
        }

        func read(until isDone: (TLSRead) -> Bool) throws -> TLSRead {
            for _ in 0..<1_000 {
                let outcome = read()
                if isDone(outcome) { return outcome }
            }
            throw Failure(what: "nothing came")
        }
    }

    let client: Peer
    let server: Peer
    private let files: Files

    /// `shown`: the client shows that certificate, and the server asks for it. `clock`: the
    /// server's.
    init(
        keys: TLSTicketKeys = TLSTicketKeys(),
        resuming slot: borrowing TLSResumptionSlot = TLSResumptionSlot(), shown: Files? = nil,
        clock: (@Sendable () -> Int64)? = nil
    ) throws {
        files = try Files()
        let certificate = try TLSCertificate(certificate: files["a.pem"], key: files["a.key"])
        var demands = TLSServerOptions(name: "api")
        var options = TLSClientOptions()
        if let shown {
            demands.verification = .required
            demands.authority = shown["a.pem"]
            options.certificate = try TLSCertificate(
                certificate: shown["a.pem"], key: shown["a.key"])
        }
        if let clock { demands.clock = clock }
        let server = try TLSServer([certificate], demands, keys: keys)
        options.verifies = false
        let client = try TLSClient(options)
        var descriptors: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &descriptors) == 0,
            let ofServer = server.session(),
            let ofClient = client.session(for: "a.test", isAddress: false, resuming: slot)
        else { throw Failure(what: "no pair") }
        self.client = Peer(descriptors[0], ofClient)
        self.server = Peer(descriptors[1], ofServer)
    }

    /// Goes on until both are done.
    func shakeHands(pieceBytes: Int = .max) throws {
        var isClientDone = false
        var isServerDone = false
        for _ in 0..<10_000 where !(isClientDone && isServerDone) {
            if !isClientDone { isClientDone = try step(client) }
            try client.flush(pieceBytes: pieceBytes)
            if !isServerDone { isServerDone = try step(server) }
            try server.flush()
        }
        guard isClientDone, isServerDone else { throw Failure(what: "no handshake") }
    }

    private func step(_ peer: Peer) throws -> Bool {
        switch try peer.handshake() {
        case .done: return true
        case .wantsMore: return false
        case .failed(let fault): throw Failure(what: "\(fault)")
        }
    }

    /// The ticket that the server gave the client.
    func ticket() throws -> TLSResumption {
        _ = client.read()
        guard let ticket = client.workspace.resumption.take() else {
            throw Failure(what: "no ticket")
        }
        return ticket
    }

    func send(
        _ bytes: [UInt8], from: KeyPath<Pair, Peer>, to: KeyPath<Pair, Peer>
    ) throws -> [UInt8] {
        let (sender, receiver) = (self[keyPath: from], self[keyPath: to])
        receiver.received = []
        var buffer = Buffer(capacity: bytes.count)
        buffer.append(bytes.span)
        guard sender.session.write(buffer, from: 0, count: bytes.count, &sender.workspace) else {
            throw Failure(what: "write")
        }
        for _ in 0..<10_000 where receiver.received.count < bytes.count {
            if !sender.workspace.outgoing.isEmpty,
                case .done(let count) = sender.socket.send(sender.workspace.outgoing)
            {
                sender.workspace.outgoing.consume(count)
            }
            _ = receiver.read()
        }
        sender.workspace.outgoing.removeAll()
        return receiver.received
    }
}
