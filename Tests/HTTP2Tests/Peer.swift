import Bytes
import HTTP2

/// One side of a connection, and all that it was told.
final class Peer {
    /// What is known of one stream.
    struct Message: Equatable {
        var heads: [String] = []
        var body: [UInt8] = []
        var trailers: String?
        var hasEnded = false
        var isTooLarge = false
        var closedWith: UInt32?
    }

    private let isServer: Bool
    var session: HTTP2Session
    var work = HTTP2Workspace(capacity: 256 * 1024, streams: 1_024)
    var messages: [Int32: Message] = [:]
    var order: [Int32] = []
    var goneAway: [(last: Int32, code: UInt32)] = []
    var isBroken = false
    /// Whether what comes is read at once, so that the peer may send more.
    var readsAtOnce = true

    init(isServer: Bool, _ limits: HTTP2Limits = HTTP2Limits()) {
        guard let made = HTTP2Session(isServer: isServer, limits: limits) else {
            preconditionFailure("no memory for a session")
        }
        session = made
        self.isServer = isServer
    }

    var isOver: Bool { session.isOver }
    var fault: HTTP2Fault? { session.fault }
    var takesRequests: Bool { session.takesRequests }
    var counts: HTTP2Counts { isServer ? work.counts : work.targetCounts }
    var textCount: Int { work.text.count }
    var writable: [Int32] { work.writable }

    deinit { session.end(&work) }

    /// Takes bytes that came, in pieces of at most so many.
    func take(_ bytes: [UInt8], piece: Int = .max) {
        var at = 0
        while at < bytes.count, !isBroken {
            let part = Array(bytes[at..<min(bytes.count, at.advanced(by: min(piece, 1 << 30)))])
            var from = 0
            while from < part.count {
                guard let count = session.feed(part.span, from: from, &work) else {
                    isBroken = true
                    break
                }
                from += count
                note(part)
            }
            at += part.count
        }
        noteClosed()
    }

    /// What stands in the workspace is another's from now on.
    func forgetText() { work.text.removeAll() }

    private func note(_ bytes: [UInt8]) {
        let text = work.text.text
        for event in work.events {
            switch event {
            case .head(let id, let endsStream):
                if messages[id.number] == nil { order.append(id.number) }
                messages[id.number, default: Message()].heads.append(text)
                if endsStream { messages[id.number]?.hasEnded = true }
                session.adopt(id.number, tag: id.number * 10)
            case .body(let id, let from, let count):
                messages[id.number, default: Message()].body += bytes[from..<from + count]
                if readsAtOnce { session.haveRead(count, of: id.number) }
            case .trailers(let id):
                messages[id.number]?.trailers = text
                messages[id.number]?.hasEnded = true
            case .ended(let id): messages[id.number]?.hasEnded = true
            case .headTooLarge(let id): messages[id.number, default: Message()].isTooLarge = true
            case .goingAway(let last, let code): goneAway.append((last, code))
            }
        }
    }

    /// The connection is gone.
    func end() {
        session.end(&work)
        noteClosed()
    }

    private func noteClosed() {
        for one in work.closed {
            messages[one.stream.number, default: Message()].closedWith = one.code
        }
        work.closed.removeAll(keepingCapacity: true)
    }

    /// All that is to be sent.
    func gather() -> [UInt8] {
        var all: [UInt8] = []
        repeat {
            work.outgoing.removeAll()
            _ = session.gather(&work)
            all += work.outgoing.array
        } while !work.outgoing.isEmpty
        noteClosed()
        return all
    }

    /// What is to be sent, as far as there is room for it at once.
    func gatherOnce() -> [UInt8] {
        work.outgoing.removeAll()
        _ = session.gather(&work)
        return work.outgoing.array
    }

    /// Sends all of a message's bytes; what is not taken at once is kept for the next call.
    @discardableResult
    func write(_ text: String, to stream: Int32, isLast: Bool = true) -> HTTP2Session.Write {
        write(Array(text.utf8), to: stream, isLast: isLast)
    }

    @discardableResult
    func write(_ bytes: [UInt8], to stream: Int32, isLast: Bool = true) -> HTTP2Session.Write {
        session.write(bytes.span, from: 0, to: stream, isLast: isLast, &work)
    }

    @discardableResult
    func finish(_ stream: Int32, trailers: String) -> Bool {
        session.finish(stream, trailers: Array(trailers.utf8).span, &work)
    }

    func open(_ head: String, isLast: Bool = true) -> Int32? {
        guard case .opened(let number) = tryToOpen(head, isLast: isLast) else { return nil }
        return number
    }

    func tryToOpen(_ head: String, isLast: Bool = true) -> HTTP2Session.Opening {
        session.open(
            Array(head.utf8).span, scheme: "https", tag: 7, isLast: isLast, &work)
    }

    /// Lets two peers speak until both are silent.
    static func exchange(_ one: Peer, _ other: Peer, piece: Int = .max) {
        while true {
            let (from, to) = (one.gather(), other.gather())
            if from.isEmpty, to.isEmpty { return }
            other.take(from, piece: piece)
            one.take(to, piece: piece)
        }
    }

    /// A client whose server has sent its SETTINGS, with one request under way.
    static func client(_ head: String = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n") -> Peer {
        let peer = Peer(isServer: false)
        peer.take(Wire.frame(.settings))
        _ = peer.open(head)
        _ = peer.gather()
        return peer
    }

    /// A server that has read the client's preface and sent its own.
    static func server(_ limits: HTTP2Limits = HTTP2Limits()) -> Peer {
        let peer = Peer(isServer: true, limits)
        peer.take(Wire.preface + Wire.frame(.settings))
        _ = peer.gather()
        return peer
    }
}

extension Buffer {
    var array: [UInt8] {
        let bytes = self.bytes
        return (0..<bytes.count).map { bytes[$0] }
    }

    var text: String { String(decoding: array, as: UTF8.self) }
}
