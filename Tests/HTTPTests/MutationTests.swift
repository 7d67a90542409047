import Bytes
import Testing

@testable import HTTP

/// A small seeded generator, so that a failure can be repeated.
private struct Dice {
    var state: UInt64

    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % sides
    }

    /// Bytes that mean something to a parser, more often than chance has them.
    mutating func byte() -> UInt8 {
        let telling = wire("\r\n\r\n :;,\t\u{0}\u{7f}\u{ff}_-0159aAxX/*#?[]@%\"")
        return roll(2) == 0 ? telling[roll(telling.count)] : UInt8(roll(256))
    }

    mutating func mutate(_ sample: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = sample
        for _ in 0...roll(3) {
            let at = roll(bytes.count + 1)
            switch roll(5) {
            case 0 where at < bytes.count: bytes[at] = byte()
            case 1 where at < bytes.count: bytes.remove(at: at)
            case 2: bytes.insert(byte(), at: at)
            case 3: bytes.insert(contentsOf: other[roll(other.count)...].prefix(24), at: at)
            default: bytes.removeSubrange(at..<min(bytes.count, at + roll(8)))
            }
        }
        return bytes
    }
}

struct `Whatever arrives` {
    @Test func `as a request is refused, or forwarded as the same, strict request`() {
        let seed: UInt64 = 20_260_301
        var dice = Dice(state: seed)
        let samples = (GoodRequests.all + BadRequests.all.map(\.0)).map(wire)
        var head = RequestHead()
        var again = RequestHead()
        var buffer = Buffer(capacity: 70_000)
        var complete = 0
        for round in 0..<100_000 {
            let few = round % 2 == 0 ? GoodRequests.all.count : samples.count
            let bytes = dice.mutate(
                samples[dice.roll(few)], with: samples[dice.roll(samples.count)])
            guard head.parse(bytes.span, limits: HeadLimits()) == .complete else { continue }
            complete += 1
            let client = ClientFacts(
                address: ClientAddress(bits: 1), localPort: 80, isTrusted: round % 2 == 0,
                isSecure: false)
            buffer.removeAll()
            RequestEncoder.encode(head, bytes.span, client: client, id: sampleID, into: &buffer)
            let result = again.parse(buffer.bytes, limits: HeadLimits())
            let isLastHop = result == .refused(.lastHop) || result == .refused(.traceNotSupported)
            if isLastHop, head.countsHops { continue }
            let isSame =
                result == .complete && again.byteCount == buffer.count
                && again.framing == head.framing && again.method == head.method
                && again.version == .http11 && again.form != .absolute
                && again.fields.present.isDisjoint(with: .connectionOnly)
                && !again.fields.hasRemoved
            #expect(isSame, "seed \(seed), round \(round): \(text(bytes.span))")
        }
        #expect(complete > 5000)
    }

    @Test func `as a response is refused, or delivered as the same, strict response`() {
        let seed: UInt64 = 20_260_302
        var dice = Dice(state: seed)
        let samples =
            (`A good response`.samples
            + `A good response`.framings.map { "HTTP/\($0.0)\r\nA: 1\r\n\r\n" }).map(wire)
        var head = ResponseHead()
        var again = ResponseHead()
        var buffer = Buffer(capacity: 70_000)
        var complete = 0
        for round in 0..<30_000 {
            let sample = samples[dice.roll(samples.count)]
            let bytes = dice.mutate(sample, with: samples[dice.roll(samples.count)])
            let method: HTTP.Method = round % 4 == 0 ? .head : .get
            guard head.parse(bytes.span, to: method, limits: HeadLimits()) == .complete else {
                continue
            }
            complete += 1
            let delivery = ResponseDelivery(of: head, to: .http11, keepAlive: true)
            buffer.removeAll()
            ResponseEncoder.encode(head, bytes.span, for: delivery, into: &buffer)
            let result = again.parse(buffer.bytes, to: method, limits: HeadLimits())
            let isSame =
                result == .complete && again.byteCount == buffer.count && again.keepAlive
                && again.framing == delivery.framing && again.status == head.status
            #expect(isSame, "seed \(seed), round \(round): \(text(bytes.span))")
        }
        #expect(complete > 5000)
    }

    @Test func `as chunks ends, is refused or wants more, and always moves on`() {
        let seed: UInt64 = 20_260_303
        var dice = Dice(state: seed)
        let samples = `A chunked body`.good.map { wire($0.0) }
        for round in 0..<30_000 {
            let sample = samples[dice.roll(samples.count)]
            let bytes = dice.mutate(sample, with: samples[dice.roll(samples.count)])
            var decoder = ChunkDecoder()
            var at = 0
            var moves = true
            events: while moves {
                switch decoder.next(bytes.span, from: at) {
                case .needMore, .refused: break events
                case .end(let end):
                    moves = end > at && end <= bytes.count
                    break events
                case .data(let range), .trailer(let range):
                    moves = range.start >= at && range.end > range.start
                    at = range.end
                }
            }
            #expect(moves, "seed \(seed), round \(round): \(text(bytes.span))")
        }
    }

    @Test func `as noise is never a request`() {
        let seed: UInt64 = 20_260_304
        var dice = Dice(state: seed)
        var head = RequestHead()
        for round in 0..<20_000 {
            let bytes = (0..<dice.roll(64)).map { _ in dice.byte() }
            let progress = head.parse(bytes.span, limits: HeadLimits())
            #expect(progress != .complete, "seed \(seed), round \(round)")
        }
    }
}

extension NameSet {
    /// What a forwarded request must not hold, Transfer-Encoding apart, which is checked.
    fileprivate static var connectionOnly: NameSet {
        [
            NameSet(.connection), NameSet(.keepAlive), NameSet(.proxyConnection), NameSet(.te),
            NameSet(.upgrade),
        ]
    }
}
