import Bytes
import Foundation
import TLS

/// A connection with TLS on which a test does each step itself, as a client or as a server.
final class TLSWire {
    let wire: Wire
    private let session: Held
    private(set) var received = Data()

    /// What is handed to the session's calls, and the session.
    private final class Held {
        var session: TLSSession
        var workspace = TLSWorkspace(capacity: 1 << 20)

        init(_ session: consuming TLSSession) { self.session = session }
    }

    /// Connects and shakes hands; everybody is trusted.
    convenience init(port: UInt16, name: String = "a.test") throws {
        var options = TLSClientOptions()
        options.verifies = false
        let client = try TLSClient(options)
        let wire = try Wire(port: port)
        guard
            let session = client.session(
                for: name, isAddress: false, resuming: TLSResumptionSlot())
        else { throw WireError.malformed("no session") }
        self.init(wire, session)
        try handshake()
    }

    /// The server's side of a connection that a client made.
    convenience init(accepting wire: Wire, _ server: TLSServer) throws {
        guard let session = server.session() else { throw WireError.malformed("no session") }
        self.init(wire, session)
        try handshake()
    }

    init(_ wire: Wire, _ session: consuming TLSSession) {
        self.wire = wire
        self.session = Held(session)
        let flags = fcntl(wire.descriptor, F_GETFL)
        _ = fcntl(wire.descriptor, F_SETFL, flags | O_NONBLOCK)
    }

    /// Shakes hands; `pieceBytes`: what is sent goes out in pieces of so many bytes.
    func handshake(pieceBytes: Int = .max) throws {
        while true {
            let progress = session.session.handshake(
                on: wire.descriptor, &session.workspace)
            try sendRecords(pieceBytes: pieceBytes)
            switch progress {
            case .done: return
            case .wantsMore: try waitForBytes()
            case .failed(let fault): throw WireError.malformed("handshake: \(fault)")
            }
        }
    }

    func send(_ text: String) throws { try send(Data(text.utf8)) }

    func send(_ data: Data) throws {
        var rest = data[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(16_384))
            rest = rest.dropFirst(piece.count)
            var buffer = Buffer(capacity: piece.count)
            buffer.append(piece.span)
            guard session.session.write(buffer, from: 0, count: piece.count, &session.workspace)
            else { throw WireError.reset }
            try sendRecords()
        }
    }

    /// Reads more; nil at the peer's close_notify.
    @discardableResult
    func receiveSome() throws -> Int? {
        while true {
            var buffer = Buffer(capacity: 65_536)
            let read = session.session.read(
                on: wire.descriptor, into: &buffer, &session.workspace)
            try sendRecords()
            switch read {
            case .done(let count):
                let bytes = buffer.bytes
                for index in 0..<bytes.count { received.append(bytes[index]) }
                return count
            case .wantsMore: try waitForBytes()
            case .ended: return nil
            case .truncated: throw WireError.ended(after: "no close_notify")
            case .failed: throw WireError.reset
            }
        }
    }

    /// Takes everything up to and with `mark`.
    func take(through mark: String) throws -> String {
        while true {
            if let range = received.range(of: Data(mark.utf8)) {
                let text = String(decoding: received[..<range.upperBound], as: UTF8.self)
                received = Data(received[range.upperBound...])
                return text
            }
            guard try receiveSome() != nil else {
                throw WireError.ended(after: String(decoding: received, as: UTF8.self))
            }
        }
    }

    /// Takes so many bytes.
    func take(_ count: Int) throws -> Data {
        while received.count < count {
            guard try receiveSome() != nil else { throw WireError.ended(after: "too little") }
        }
        let taken = Data(received.prefix(count))
        received = Data(received.dropFirst(count))
        return taken
    }

    /// Says that nothing more comes.
    func close() throws {
        session.session.close(&session.workspace)
        try sendRecords()
    }

    var isResumed: Bool { session.session.isResumed }
    var version: TLSVersion { session.session.version }

    private static func copy(_ buffer: borrowing Buffer) -> [UInt8] {
        let bytes = buffer.bytes
        var copy: [UInt8] = []
        for index in 0..<bytes.count { copy.append(bytes[index]) }
        return copy
    }

    private func sendRecords(pieceBytes: Int = .max) throws {
        let bytes = Self.copy(session.workspace.outgoing)
        session.workspace.outgoing.removeAll()
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(pieceBytes)
            rest = rest.dropFirst(piece.count)
            try wire.send(Data(piece))
        }
    }

    private func waitForBytes() throws {
        var waiting = pollfd(fd: wire.descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&waiting, 1, Int32(patience * 1_000)) > 0 else {
            throw TimedOut("nothing came")
        }
    }
}
