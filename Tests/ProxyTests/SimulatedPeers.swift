/// An upstream that echoes each request's id and body, in every framing and every number of
/// pieces, or breaks off.
enum SimulatedUpstream {
    static func serve(_ peer: Peer, _ random: inout SeededRandom) {
        while let request = peer.message(.request) {
            let isHead = request.startLine.hasPrefix("HEAD")
            let closes = Int.random(in: 0..<20, using: &random) == 0
            let bytes = Array(answer(to: request, isHead: isHead, closes: closes, &random).utf8)
            // Where the close ends an answer, nobody can tell an early one.
            switch Int.random(in: (closes ? 1 : 0)..<40, using: &random) {
            case 0:
                peer.send(bytes.prefix(Int.random(in: 0...bytes.count - 1, using: &random)))
                return
            case 1:
                peer.send(bytes.prefix(Int.random(in: 0...bytes.count - 1, using: &random)))
                return peer.reset()
            case 2:
                peer.send((0..<50).map { _ in UInt8.random(in: 0...255, using: &random) })
                return
            default:
                guard send(bytes, in: peer, &random) else { return }
            }
            if closes { return }
        }
    }

    /// Sends the bytes in one piece or several.
    private static func send(
        _ bytes: [UInt8], in peer: Peer, _ random: inout SeededRandom
    ) -> Bool {
        var start = 0
        while start < bytes.count {
            let isWhole = Bool.random(using: &random)
            let count = isWhole ? bytes.count : Int.random(in: 1...60, using: &random)
            guard peer.send(bytes[start..<min(start + count, bytes.count)]) else { return false }
            start += count
        }
        return true
    }

    private static func answer(
        to request: Message, isHead: Bool, closes: Bool, _ random: inout SeededRandom
    ) -> String {
        let body = "\(request.target)|\(request.text)"
        var text = ""
        if Int.random(in: 0..<10, using: &random) == 0 {
            text = "HTTP/1.1 103 Early Hints\r\nX-Id: \(request.target)\r\n\r\n"
        }
        text += "HTTP/1.1 200 OK\r\nX-Id: \(request.target)\r\n"
        if closes { return text + "\r\n" + (isHead ? "" : body) }
        if Bool.random(using: &random) {
            let head = text + "Content-Length: \(body.utf8.count)\r\n\r\n"
            return isHead ? head : head + body
        }
        text += "Transfer-Encoding: chunked\r\n\r\n"
        return isHead ? text : text + chunked(body, &random)
    }

    /// A body in chunks of random sizes.
    static func chunked(_ body: String, _ random: inout SeededRandom) -> String {
        var rest = Substring(body)
        var text = ""
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 1...200, using: &random))
            text += String(chunk.utf8.count, radix: 16) + "\r\n" + chunk + "\r\n"
            rest = rest.dropFirst(chunk.count)
        }
        return text + "0\r\n\r\n"
    }
}

/// A client that sends requests of all kinds, alone or several at once, and checks what it gets.
struct SimulatedClient {
    struct Tally: Sendable {
        var right = 0
        var refused = 0
        var broken = 0
        var wrong: [String] = []

        mutating func add(_ other: Tally) {
            right += other.right
            refused += other.refused
            broken += other.broken
            wrong += other.wrong
        }
    }

    /// A request under way.
    private struct Question {
        let target: String
        let body: String
        let isHead: Bool
        let isVersion10: Bool
    }

    private let port: UInt16
    private let seed: UInt64
    private var random: SeededRandom
    private var tally = Tally()
    private var number = 0

    init(port: UInt16, seed: UInt64) {
        self.port = port
        self.seed = seed
        random = SeededRandom(seed: seed)
    }

    mutating func run(exchanges: Int) -> Tally {
        while number < exchanges {
            guard let peer = try? Peer(connectingTo: port) else {
                tally.wrong.append("no connection")
                break
            }
            converse(with: peer)
        }
        return tally
    }

    /// Some requests on one connection, until it ends.
    private mutating func converse(with peer: Peer) {
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            var questions: [Question] = []
            var text = ""
            for _ in 0..<Int.random(in: 1...3, using: &random) { text += ask(&questions) }
            let bytes = Array(text.utf8)
            guard Int.random(in: 0..<30, using: &random) > 0 else {
                peer.send(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
                return Bool.random(using: &random) ? peer.reset() : peer.close()
            }
            var start = 0
            while start < bytes.count {
                let count = Int.random(in: 1...400, using: &random)
                guard peer.send(bytes[start..<min(start + count, bytes.count)]) else { break }
                start += count
            }
            for question in questions {
                guard check(question, peer) else { return peer.close() }
            }
        }
        peer.close()
    }

    private mutating func ask(_ questions: inout [Question]) -> String {
        number += 1
        let isVersion10 = Int.random(in: 0..<8, using: &random) == 0
        let method = ["GET", "HEAD", "PUT", "POST", "GET"].randomElement(using: &random) ?? "GET"
        let hasBody = method.hasPrefix("P")
        let count = hasBody ? Int.random(in: 0...3_000, using: &random) : 0
        let body = String(repeating: String(number % 10), count: count)
        let target = "/\(seed)-\(number)"
        questions.append(
            Question(
                target: target, body: body, isHead: method == "HEAD", isVersion10: isVersion10))
        var text = "\(method) \(target) HTTP/1.\(isVersion10 ? 0 : 1)\r\nHost: h\r\n"
        if isVersion10 { text += "Connection: keep-alive\r\n" }
        if !hasBody { return text + "\r\n" }
        if !isVersion10, Bool.random(using: &random) {
            text += "Transfer-Encoding: chunked\r\n\r\n"
            return text + SimulatedUpstream.chunked(body, &random)
        }
        return text + "Content-Length: \(count)\r\n\r\n\(body)"
    }

    /// Whether the connection goes on.
    private mutating func check(_ question: Question, _ peer: Peer) -> Bool {
        var message: Message?
        repeat {
            message = peer.message(question.isHead ? .answerToHead : .answer)
            if let message, message.status == 103, message["x-id"] != question.target {
                tally.wrong.append("interim of \(message["x-id"] ?? "?") to \(question.target)")
            }
        } while message?.status == 103
        guard let message else {
            if peer.end == .late { tally.wrong.append("no answer to \(question.target)") }
            tally.broken += 1
            return false
        }
        if message["x-sluice-error"] != nil {
            tally.refused += 1
        } else if message["x-id"] == question.target,
            question.isHead || message.text == "\(question.target)|\(question.body)"
        {
            tally.right += 1
        } else {
            let ends = "\(message.text.prefix(60))...\(message.text.suffix(60))"
            tally.wrong.append(
                "\(message.startLine) \(message.fields) to \(question.target) of "
                    + "\(question.body.utf8.count) bytes: \(message.body.count), \(ends)")
        }
        return message["connection"] != "close"
    }
}
