import Foundation
import Kernel

/// An upstream that does on each connection what a test says, on a thread of its own.
final class ScriptedUpstream: Sendable {
    typealias Script = @Sendable (Wire, _ connection: Int) throws -> Void

    let port: UInt16
    private let listener: Int32
    private let state = Lock(State())
    private let seen: Lock<[Message]>

    private struct State {
        var isStopped = false
        var connections = 0
        var open: Set<Int32> = []
    }

    /// Runs the script for each connection; connections are numbered from 1.
    convenience init(_ script: @escaping Script) throws {
        try self.init(seen: Lock([]), script)
    }

    private init(seen: Lock<[Message]>, _ script: @escaping Script) throws {
        self.seen = seen
        (listener, port) = try LoopbackAddress.listenAnywhere()
        let (listener, state) = (listener, state)
        Thread.detachNewThread {
            var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            while unsafe poll(&waiting, 1, -1) > 0,
                let descriptor = try? Descriptors.make({ accept(listener, nil, nil) })
            {
                Self.serve(descriptor, script, state)
            }
            close(listener)
        }
    }

    deinit { stop() }

    /// Answers each request, as long as its client wants, with what `answer` makes of it.
    convenience init(answering answer: @escaping @Sendable (Message) -> String) throws {
        let seen = Lock<[Message]>([])
        try self.init(seen: seen) { wire, _ in
            while let request = try wire.takeRequest() {
                seen.withLock { $0.append(request) }
                try wire.send(answer(request))
            }
        }
    }

    /// Answers each request with 200 and a text.
    convenience init(name: String) throws {
        try self.init(answering: { _ in .ok(name, fields: ["X-Upstream: \(name)"]) })
    }

    private static func serve(
        _ descriptor: Int32, _ script: @escaping Script, _ state: Lock<State>
    ) {
        let number: Int? = state.withLock { state in
            guard !state.isStopped else { return nil }
            state.connections += 1
            state.open.insert(descriptor)
            return state.connections
        }
        Thread.detachNewThread {
            let wire = Wire(owning: descriptor)
            // A client that goes away in the middle is a part of many tests.
            if let number { try? script(wire, number) }
            state.withLock { _ = $0.open.remove(descriptor) }
        }
    }

    /// What `answering` was asked so far.
    var requests: [Message] { seen.withLock { $0 } }
    var connectionCount: Int { state.withLock { $0.connections } }
    var openConnectionCount: Int { state.withLock { $0.open.count } }

    /// Listens no more and ends every connection.
    func stop() {
        state.withLock { state in
            if state.isStopped { return }
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }
}

extension String {
    /// A 200 with a body and its length.
    static func ok(_ body: String = "ok", fields: [String] = []) -> String {
        let lines = ["HTTP/1.1 200 OK", "Content-Length: \(body.utf8.count)"] + fields
        return lines.map { $0 + "\r\n" }.joined() + "\r\n" + body
    }
}
