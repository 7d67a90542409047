import Bytes
import HTTP2
import Kernel

/// A client that speaks HTTP/2 over one connection.
final class StreamClient {
    /// What is known of one answer.
    struct Answer {
        var interim: [String] = []
        var head = ""
        var body: [UInt8] = []
        var trailers = ""
        var hasEnded = false
        /// Why the stream is over; nil while it is not.
        var code: UInt32?

        var status: Int { Int(head.dropFirst(9).prefix(3)) ?? 0 }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    let peer: Peer
    private var session: HTTP2Session
    private var work = HTTP2Workspace(capacity: 256 * 1024, streams: 1_024)
    private(set) var answers: [Int32: Answer] = [:]
    /// The last streams that the server has said it serves.
    private(set) var goneAway: [Int32] = []
    /// Whether bodies are read at once, so that the server may send more.
    var readsAtOnce = true

    init(_ peer: Peer) throws {
        self.peer = peer
        guard let session = HTTP2Session(isServer: false) else {
            throw Peer.Failure(what: "no memory for a session")
        }
        self.session = session
    }

    deinit { session.end(&work) }

    /// Sends the head of a request and returns its stream.
    func open(_ head: String, isLast: Bool = true) throws -> Int32 {
        let opening = session.open(
            Array(head.utf8).span, scheme: "http", tag: 0, isLast: isLast, isOfAnySize: true,
            &work)
        guard case .opened(let stream) = opening else { throw Peer.Failure(what: "no stream") }
        answers[stream] = Answer()
        send()
        return stream
    }

    /// A request without a body.
    func get(_ path: String = "/", _ fields: String = "") throws -> Int32 {
        try open("GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
    }

    /// Sends a piece of a body as far as it is taken; returns how much that was.
    @discardableResult
    func write(_ bytes: [UInt8], to stream: Int32, isLast: Bool = false) -> Int {
        let written = session.write(bytes.span, from: 0, to: stream, isLast: isLast, &work)
        send()
        if case .taken(let count) = written { return count }
        return 0
    }

    /// Sends a whole body, however long its server takes.
    func writeAll(_ bytes: [UInt8], to stream: Int32) {
        var sent = 0
        while sent < bytes.count, answers[stream]?.code == nil {
            let count = write(Array(bytes[sent...]), to: stream)
            sent += count
            // Only when it takes no more there is something to wait for.
            if count == 0, !receive() { return }
        }
        session.finish(stream)
        send()
    }

    func finish(_ stream: Int32, trailers: String) {
        _ = session.finish(stream, trailers: Array(trailers.utf8).span, &work)
        send()
    }

    func reset(_ stream: Int32, code: UInt32 = HTTP2Code.cancel) {
        session.reset(stream, code: code)
        send()
    }

    /// Lets the server send so much more of a body.
    func haveRead(_ count: Int, of stream: Int32) {
        session.haveRead(count, of: stream)
        send()
    }

    /// Whether the connection may be closed.
    var isOver: Bool { session.isOver }

    /// The whole answer of a stream.
    func answer(_ stream: Int32) throws -> Answer {
        while answers[stream]?.code == nil {
            guard receive() else {
                throw Peer.Failure(what: "no answer: \(String(describing: answers[stream]))")
            }
        }
        return answers[stream] ?? Answer()
    }

    /// Takes in frames until something holds; false when the connection ends before.
    func receive(until holds: () -> Bool) -> Bool {
        while !holds() {
            guard receive() else { return false }
        }
        return true
    }

    /// Takes in what has come, or waits for it.
    func receive() -> Bool {
        guard peer.receive() else { return false }
        let bytes = peer.takeReceived()
        var at = 0
        while at < bytes.count {
            guard let count = session.feed(bytes.span, from: at, &work) else { return false }
            let text = String(decoding: Self.array(work.text), as: UTF8.self)
            for event in work.events { note(event, bytes, text) }
            at += count
        }
        send()
        return true
    }

    private func note(_ event: HTTP2Event, _ bytes: [UInt8], _ text: String) {
        switch event {
        case .head(let id, _):
            if text.hasPrefix("HTTP/1.1 1") {
                answers[id.number]?.interim.append(text)
            } else {
                answers[id.number]?.head = text
            }
        case .body(let id, let from, let count):
            answers[id.number]?.body += bytes[from..<from + count]
            if readsAtOnce { session.haveRead(count, of: id.number) }
        case .trailers(let id): answers[id.number]?.trailers = text
        case .ended, .headTooLarge: break
        case .goingAway(let last, _): goneAway.append(last)
        }
    }

    /// Sends all frames that wait.
    private func send() {
        repeat {
            work.outgoing.removeAll()
            _ = session.gather(&work)
            let frames = Self.array(work.outgoing)
            if !frames.isEmpty { peer.send(frames) }
        } while !work.outgoing.isEmpty
        for closed in work.closed { answers[closed.stream.number]?.code = closed.code }
        work.closed.removeAll()
    }

    private static func array(_ buffer: borrowing Buffer) -> [UInt8] {
        let bytes = buffer.bytes
        return bytes.indices.map { bytes[$0] }
    }
}

extension Stage {
    /// A client that speaks HTTP/2 with prior knowledge.
    func streamClient() throws -> StreamClient { try StreamClient(client()) }
}
