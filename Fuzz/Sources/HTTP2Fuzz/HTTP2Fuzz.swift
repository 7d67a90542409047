import Bytes
import HTTP2

/// The first byte says which side the session is, the rest is what its peer sends. Whatever comes,
/// nothing traps, and cut otherwise it is the same.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let first = input.first else { return 0 }
    let isServer = first & 1 == 0
    let bytes = (isServer ? Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) : []) + input.dropFirst()
    let whole = Hearing(bytes, isServer: isServer, step: max(1, bytes.count))
    for step in [1, 7] {
        let parts = Hearing(bytes, isServer: isServer, step: step)
        precondition(parts.told == whole.told, "cut otherwise it is something else")
    }
    return 0
}

/// What a session tells of bytes that arrive in steps. Each request is answered with its own head's
/// length as the body.
private struct Hearing: ~Copyable {
    private(set) var told: [UInt8: [UInt8]] = [:]
    private var session: HTTP2Session
    private var work = HTTP2Workspace(capacity: 64 * 1024, streams: 256)

    init(_ bytes: [UInt8], isServer: Bool, step: Int) {
        guard let made = HTTP2Session(isServer: isServer) else { preconditionFailure("no memory") }
        session = made
        if !isServer { open() }
        var at = 0
        while at < bytes.count {
            let end = min(bytes.count, at + step)
            guard feed(Array(bytes[at..<end]), isServer) else { break }
            at = end
        }
        send()
        session.end(&work)
        precondition(session.streamCount == 0)
    }

    private mutating func open() {
        let head = Array("POST / HTTP/1.1\r\nHost: a.test\r\n\r\n".utf8)
        for tag in 0..<3 {
            let opening = session.open(
                head.span, scheme: "http", tag: Int32(tag), isLast: tag == 0, &work)
            guard case .opened = opening else { preconditionFailure("a stream was not opened") }
        }
        send()
    }

    private mutating func feed(_ part: [UInt8], _ isServer: Bool) -> Bool {
        var from = 0
        while from < part.count {
            guard let count = session.feed(part.span, from: from, &work) else { return false }
            precondition(count > 0)
            from += count
            let text = Self.array(work.text)
            for event in work.events { hear(event, part, text, isServer) }
            send()
        }
        return true
    }

    private mutating func hear(
        _ event: HTTP2Event, _ part: [UInt8], _ text: [UInt8], _ isServer: Bool
    ) {
        switch event {
        case .head(let id, let endsStream):
            precondition(text.suffix(4) == [13, 10, 13, 10], "a head without its end")
            // The key of an upgrade is made by chance.
            let isUpgrade = String(decoding: text, as: UTF8.self).contains("sec-websocket-key")
            note(id, (isUpgrade ? [] : text) + [endsStream ? 1 : 0])
            if isServer { answer(id, text.count) }
        case .body(let id, let from, let count):
            // How much is told before a fault depends on the cuts.
            precondition(from >= 0 && count > 0 && from + count <= part.count)
            session.haveRead(count, of: id.number)
        case .trailers(let id): note(id, text)
        case .ended(let id): note(id, [2])
        case .headTooLarge(let id):
            note(id, [3])
            if isServer { answer(id, 431) }
        case .goingAway: break
        }
    }

    private mutating func answer(_ id: HTTP2StreamID, _ count: Int) {
        session.adopt(id.number, tag: id.number)
        let length = min(count, 100)
        let text = "HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n"
        let bytes = Array(text.utf8) + [UInt8](repeating: 1, count: length)
        _ = session.write(bytes.span, from: 0, to: id.number, isLast: false, &work)
        _ = session.finish(id.number, trailers: Array("X: 1\r\n\r\n".utf8).span, &work)
    }

    private mutating func note(_ id: HTTP2StreamID, _ bytes: [UInt8]) {
        told[UInt8(truncatingIfNeeded: id.number), default: []] += bytes
    }

    private mutating func send() {
        repeat {
            work.outgoing.removeAll()
            _ = session.gather(&work)
        } while !work.outgoing.isEmpty
        work.closed.removeAll(keepingCapacity: true)
        work.writable.removeAll(keepingCapacity: true)
    }

    private static func array(_ buffer: borrowing Buffer) -> [UInt8] {
        let bytes = buffer.bytes
        return (0..<bytes.count).map { bytes[$0] }
    }
}
