import Bytes
import HTTP2

/// A target that speaks HTTP/2 over one connection, played by a test.
final class StreamServer {
    /// What is known of one request.
    struct Request {
        var head = ""
        var body: [UInt8] = []
        var trailers = ""
        var hasEnded = false
        /// Why the stream is over; nil while it is not.
        var code: UInt32?

        var target: String { head.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    }

    let peer: Peer
    private var session: HTTP2Session
    private var work = HTTP2Workspace(capacity: 256 * 1024, streams: 1_024)
    private(set) var requests: [Int32: Request] = [:]
    private(set) var order: [Int32] = []
    private(set) var goneAway: [Int32] = []
    /// Whether bodies are read at once, so that more may be sent.
    var readsAtOnce = true

    /// `streams`: how many there may be at once.
    init(_ peer: Peer, streams: UInt32 = 128) throws {
        self.peer = peer
        var limits = HTTP2Limits()
        limits.streams = streams
        guard let session = HTTP2Session(isServer: true, limits: limits) else {
            throw Peer.Failure(what: "no memory for a session")
        }
        self.session = session
        send()
    }

    deinit { session.end(&work) }

    /// The next stream whose head is here.
    func stream(_ number: Int = 0) throws -> Int32 {
        guard receive(until: { order.count > number }) else {
            throw Peer.Failure(what: "no request \(number)")
        }
        return order[number]
    }

    /// A whole request.
    func request(_ number: Int = 0) throws -> (stream: Int32, Request) {
        let stream = try stream(number)
        guard receive(until: { requests[stream]?.hasEnded == true }) else {
            throw Peer.Failure(what: "no whole request \(number)")
        }
        return (stream, requests[stream] ?? Request())
    }

    /// Answers with a head and a body, as far as it is taken; returns how much of the body was.
    @discardableResult
    func answer(
        _ stream: Int32, _ head: String = "HTTP/1.1 200 OK\r\n\r\n", _ body: [UInt8] = [],
        isLast: Bool = true
    ) -> Int {
        let bytes = Array(head.utf8) + body
        let written = session.write(bytes.span, from: 0, to: stream, isLast: isLast, &work)
        send()
        if case .taken(let count) = written { return max(0, count - head.utf8.count) }
        return 0
    }

    /// More of a body.
    @discardableResult
    func write(_ body: [UInt8], to stream: Int32, isLast: Bool = false) -> Int {
        answer(stream, "", body, isLast: isLast)
    }

    /// Sends a whole body, however long it takes.
    func writeAll(_ body: [UInt8], to stream: Int32) {
        var sent = 0
        while sent < body.count, requests[stream]?.code == nil {
            let count = write(Array(body[sent...]), to: stream)
            sent += count
            if count == 0, !receive() { return }
        }
        session.finish(stream)
        send()
    }

    func finish(_ stream: Int32, trailers: String) {
        _ = session.finish(stream, trailers: Array(trailers.utf8).span, &work)
        send()
    }

    func reset(_ stream: Int32, code: UInt32) {
        session.reset(stream, code: code)
        send()
    }

    /// Lets more of a body come.
    func haveRead(_ count: Int, of stream: Int32) {
        session.haveRead(count, of: stream)
        send()
    }

    func goAway() {
        session.goAway()
        send()
    }

    /// Sends bytes as they are, behind all frames.
    func sendRaw(_ bytes: [UInt8]) { peer.send(bytes) }

    /// Takes in frames until something holds; false when the connection ends before.
    func receive(until holds: () -> Bool) -> Bool {
        while !holds() {
            guard receive() else { return holds() }
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
        case .head(let id, let endsStream):
            order.append(id.number)
            requests[id.number] = Request(head: text, hasEnded: endsStream)
        case .body(let id, let from, let count):
            requests[id.number]?.body += bytes[from..<from + count]
            if readsAtOnce { session.haveRead(count, of: id.number) }
        case .trailers(let id):
            requests[id.number]?.trailers = text
            requests[id.number]?.hasEnded = true
        case .ended(let id): requests[id.number]?.hasEnded = true
        case .headTooLarge: break
        case .goingAway(let last, _): goneAway.append(last)
        }
    }

    private func send() {
        repeat {
            work.outgoing.removeAll()
            _ = session.gather(&work)
            let frames = Self.array(work.outgoing)
            if !frames.isEmpty { peer.send(frames) }
        } while !work.outgoing.isEmpty
        for closed in work.closed { requests[closed.stream.number]?.code = closed.code }
        work.closed.removeAll()
    }

    private static func array(_ buffer: borrowing Buffer) -> [UInt8] {
        let bytes = buffer.bytes
        return bytes.indices.map { bytes[$0] }
    }
}

extension Target {
    /// The next connection, which speaks HTTP/2.
    func acceptStreams(_ streams: UInt32 = 128) throws -> StreamServer {
        try StreamServer(accept(), streams: streams)
    }
}

extension Origin {
    /// An origin that speaks HTTP/2 and answers every request at once, with a body.
    convenience init(
        streaming answer: @escaping @Sendable (StreamServer.Request) -> (String, [UInt8])
    ) throws {
        try self.init { peer, _ in
            guard let server = try? StreamServer(peer) else { return }
            var answered: Set<Int32> = []
            while server.receive() {
                for stream in server.order
                where server.requests[stream]?.hasEnded == true && !answered.contains(stream) {
                    answered.insert(stream)
                    let (head, body) = answer(server.requests[stream] ?? StreamServer.Request())
                    server.answer(stream, head, [], isLast: body.isEmpty)
                    if !body.isEmpty { server.writeAll(body, to: stream) }
                }
            }
        }
    }
}
