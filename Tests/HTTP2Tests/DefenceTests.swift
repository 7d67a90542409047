import HTTP2
import Testing

/// Peers that want harm.
struct DefenceTests {
    @Test func `streams that are opened and reset as fast as can be end the connection`() {
        let server = Peer.server()
        for stream in stride(from: Int32(1), to: 4_001, by: 2) {
            server.take(Wire.request(stream) + Wire.frame(.reset, stream: stream, Wire.big(8)))
        }
        #expect(server.fault == .resets)
        #expect(server.counts.resets == 1)
        #expect(server.order.count <= 257)
        #expect(Wire.frames(server.gather()).contains { $0.kind == 7 && $0.code == 11 })
        #expect(server.isOver)
    }

    @Test func `streams that are reset now and then are no harm`() {
        let server = Peer.server()
        for stream in stride(from: Int32(1), to: 4_001, by: 2) {
            server.take(Wire.request(stream) + Wire.frame(.reset, stream: stream, Wire.big(8)))
            server.work.now += 20
        }
        #expect(server.fault == nil)
        #expect(server.order.count == 2_000)
    }

    /// What makes the server reset a stream instead (CVE-2025-8671).
    @Test(arguments: [
        Wire.frame(.windowUpdate, stream: 1, Wire.big(0x7fff_ffff)),
        Wire.headers(1, [("x", "1")], ends: false),
        Wire.headers(1, [(":path", "/")]),
        Wire.headers(1, [("Upper", "1")]),
        Wire.frame(.data, 1, stream: 1, [1, 2, 3]),
    ])
    func `streams that we must reset count as well`(harm: [UInt8]) {
        let server = Peer.server()
        var count = 0
        while count < 4_000, server.fault == nil {
            let stream = Int32(2 * count + 1)
            server.take(
                Wire.request(stream, [("content-length", "9")], method: "POST", ends: false))
            server.take(Array(harm[..<5]) + Wire.big(UInt32(stream)) + Array(harm[9...]))
            _ = server.gather()
            count += 1
        }
        #expect(count == 257)
        #expect(server.fault == .resets)
        #expect(server.counts.malformed == 257)
    }

    @Test func `frames that carry nothing end the connection`() {
        let floods: [[UInt8]] = [
            Wire.frame(.ping, stream: 0, [UInt8](repeating: 0, count: 8)),
            Wire.frame(.settings, stream: 0, [0, 4, 0, 0, 0, 9]),
            Wire.frame(.priority, stream: 1, [0, 0, 0, 0, 9]),
            Wire.frame(.windowUpdate, stream: 0, Wire.big(1)),
            Wire.frame(0x77, 0, stream: 0, []),
            Wire.frame(.data, 0, stream: 1, []),
            Wire.frame(.data, Wire.Flag.padded, stream: 1, [3, 0, 0, 0]),
            // On streams that are over, or never were.
            Wire.frame(.reset, stream: 3, Wire.big(8)),
            Wire.frame(.windowUpdate, stream: 3, Wire.big(1)),
            Wire.frame(.data, 0, stream: 3, [1]),
            Wire.headers(3, [("x", "1")]),
        ]
        for (index, flood) in floods.enumerated() {
            let server = Peer.server()
            server.take(Wire.request(1, method: "POST", ends: false))
            server.take(Wire.request(3) + Wire.frame(.reset, stream: 3, Wire.big(8)))
            server.work.now += 1_000_000
            var count = 0
            while count < 20_000, server.fault == nil {
                server.take(flood)
                server.work.now += 1_000
                _ = server.gather()
                count += 1
            }
            #expect(count < 2_000, "\(index)")
            #expect(server.fault == .flood, "\(index)")
            #expect(server.counts.floods == 1)
        }
    }

    @Test func `who does not take answers to its pings is cut off`() {
        let server = Peer.server()
        var count = 0
        while count < 20_000, !server.isOver, !server.isBroken {
            server.take(Wire.frame(.ping, stream: 0, [UInt8](repeating: 0, count: 8)))
            count += 1
        }
        #expect(count < 2_000)
        #expect(server.fault == .flood)
    }

    @Test func `a head that never ends is cut off`() {
        let server = Peer.server()
        server.take(Wire.frame(.headers, 1, stream: 1, [0x82]))
        var count = 0
        while count < 10_000, !server.isBroken, !server.isOver {
            server.take(Wire.frame(.continuation, 0, stream: 1, Wire.block([("x", "y")])))
            count += 1
        }
        #expect(count == 9)
        #expect(server.fault == .continuations)
        #expect(server.counts.continuations == 1)
    }

    @Test func `a head that grows by reference is refused, and its stream only`() {
        let server = Peer.server()
        // One entry of 4,000 bytes in the table, named again a thousand times.
        let entry =
            [UInt8(0x40)] + Wire.string(Array("x".utf8))
            + Wire.string([UInt8](repeating: 0x61, count: 3_900))
        let head = Wire.block([
            (":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a.test"),
        ])
        let bomb = head + entry + [UInt8](repeating: 0xbe, count: 1_000)
        server.take(Wire.frame(.headers, 5, stream: 1, bomb))
        #expect(server.messages[1]?.isTooLarge == true)
        #expect(server.counts.largeHeads == 1)
        #expect(server.messages[1]?.heads == [])
        #expect(server.textCount < 128 * 1024)
        server.write("HTTP/1.1 431 Too Large\r\n\r\n", to: 1)
        #expect(Wire.frames(server.gather()).contains { $0.kind == 1 && $0.stream == 1 })
        server.take(Wire.request(3))
        #expect(server.messages[3]?.hasEnded == true)
    }

    @Test func `trailers that are too large are told once, and what follows is thrown away`() {
        let server = Peer.server()
        server.take(Wire.request(1, method: "POST", ends: false))
        server.take(Wire.headers(1, [("x", String(repeating: "x", count: 10_000))]))
        #expect(server.messages[1]?.isTooLarge == false)
        let bomb = Wire.block((0..<300).map { _ in ("x", "y") })
        server.take(Wire.request(3, method: "POST", ends: false))
        server.take(Wire.frame(.headers, 5, stream: 3, bomb))
        #expect(server.messages[3]?.isTooLarge == true)
        #expect(server.messages[3]?.hasEnded == false)
        #expect(server.counts.largeHeads == 1)
    }

    @Test func `streams above the limit are refused while the client does not know it`() {
        var limits = HTTP2Limits()
        limits.streams = 10
        let server = Peer.server(limits)
        for stream in stride(from: Int32(1), through: 25, by: 2) {
            server.take(Wire.request(stream, ends: false))
        }
        let refused = Wire.frames(server.gather()).filter { $0.kind == Wire.Kind.reset.rawValue }
        #expect(refused.map(\.stream) == [21, 23, 25])
        #expect(refused.allSatisfy { $0.code == HTTP2Code.refusedStream })
        #expect(server.order.count == 10)
        #expect(server.counts.refusedStreams == 3)
    }

    @Test func `streams that we must refuse count as those that are reset`() {
        var limits = HTTP2Limits()
        limits.streams = 1
        let server = Peer.server(limits)
        var stream: Int32 = 1
        while server.session.fault == nil, stream < 2_000 {
            server.take(Wire.request(stream, ends: false))
            stream += 2
        }
        #expect(server.session.fault == .resets)
        // The first was served, and as many more are refused as may be reset at once.
        #expect(server.counts.refusedStreams == limits.resetBurst + 1)
        #expect(server.counts.resets == 1)
    }

    @Test func `who knows the limit of streams and passes it is cut off`() {
        var limits = HTTP2Limits()
        limits.streams = 10
        let server = Peer.server(limits)
        server.take(Wire.frame(.settings, Wire.Flag.ack))
        for stream in stride(from: Int32(1), through: 25, by: 2) {
            server.take(Wire.request(stream, ends: false))
        }
        #expect(Wire.frames(server.gather()).contains { $0.kind == 7 && $0.code == 1 })
        #expect(server.order.count == 10)
        #expect(server.counts.refusedStreams == 1)
    }

    @Test func `more body than the window ends the stream or the connection`() {
        let server = Peer.server()
        server.readsAtOnce = false
        server.take(Wire.request(1, method: "POST", ends: false))
        let block = [UInt8](repeating: 0, count: 16_384)
        for _ in 0..<5 { server.take(Wire.frame(.data, 0, stream: 1, block)) }
        let frames = Wire.frames(server.gather())
        #expect(frames.contains { ($0.kind == 3 || $0.kind == 7) && $0.code == 3 })
        #expect(server.messages[1]?.body.count ?? 0 <= 65_535)
    }

    @Test func `a long download is no flood, however often its client opens the window`() {
        let server = Peer.server()
        server.take(Wire.request(1))
        server.write("HTTP/1.1 200 OK\r\n\r\n", to: 1, isLast: false)
        let block = [UInt8](repeating: 1, count: 2_048)
        for _ in 0..<700 {
            #expect(server.write(block, to: 1, isLast: false) == .taken(block.count))
            _ = server.gather()
            server.take(Wire.frame(.windowUpdate, stream: 0, Wire.big(2_048)))
            server.take(Wire.frame(.windowUpdate, stream: 1, Wire.big(2_048)))
            server.take(Wire.frame(.ping, stream: 0, [UInt8](repeating: 0, count: 8)))
        }
        #expect(server.fault == nil)
    }

    @Test func `who pauses and then takes everything at once is no flood`() {
        let server = Peer.server()
        let streams = (0..<100).map { Int32(2 * $0 + 1) }
        for stream in streams {
            server.take(Wire.request(stream))
            server.write("HTTP/1.1 200 OK\r\n\r\n", to: stream, isLast: false)
        }
        // A word for each of them, thirty times, before any of that is read.
        for _ in 0..<30 {
            for stream in streams { server.write("word", to: stream, isLast: false) }
            _ = server.gather()
        }
        for _ in 0..<30 {
            for stream in streams {
                server.take(Wire.frame(.windowUpdate, stream: 0, Wire.big(4)))
                server.take(Wire.frame(.windowUpdate, stream: stream, Wire.big(4)))
            }
        }
        #expect(server.fault == nil)
    }

    @Test func `small windows are no flood, down to 64 bytes`() {
        for (size, fault) in [(64, nil), (63, HTTP2Fault.flood)] {
            let server = Peer(isServer: true)
            let settings: [UInt8] = [0, 4, 0, 0, 0, UInt8(size)]
            server.take(Wire.preface + Wire.frame(.settings, stream: 0, settings))
            server.take(Wire.request(1))
            server.write("HTTP/1.1 200 OK\r\n\r\n", to: 1, isLast: false)
            for _ in 0..<1_000 where server.fault == nil {
                server.write([UInt8](repeating: 1, count: 2 * size), to: 1, isLast: false)
                _ = server.gather()
                server.take(Wire.frame(.windowUpdate, stream: 0, Wire.big(UInt32(size))))
                server.take(Wire.frame(.windowUpdate, stream: 1, Wire.big(UInt32(size))))
            }
            #expect(server.fault == fault, "\(size)")
        }
    }

    @Test func `a client that takes a body byte by byte is cut off`() {
        let server = Peer(isServer: true)
        server.take(Wire.preface + Wire.frame(.settings, stream: 0, [0, 4, 0, 0, 0, 0]))
        server.take(Wire.request(1))
        let body = String(repeating: "x", count: 20_000)
        server.write("HTTP/1.1 200 OK\r\n\r\n" + body, to: 1)
        var count = 0
        while count < 20_000, server.fault == nil {
            server.take(Wire.frame(.windowUpdate, stream: 1, Wire.big(1)))
            _ = server.gather()
            count += 1
        }
        #expect(server.fault == .flood)
        #expect(count < 1_100)
    }

    @Test func `a client whose window is 0 gets nothing until it opens`() {
        let server = Peer(isServer: true)
        server.take(Wire.preface + Wire.frame(.settings, stream: 0, [0, 4, 0, 0, 0, 0]))
        server.take(Wire.request(1))
        server.write("HTTP/1.1 200 OK\r\n\r\nhello", to: 1)
        func bodies() -> Int {
            Wire.frames(server.gather()).filter { $0.kind == 0 }.map(\.payload.count).reduce(0, +)
        }
        #expect(bodies() == 0)
        server.take(Wire.frame(.windowUpdate, stream: 1, Wire.big(3)))
        #expect(bodies() == 3)
        server.take(Wire.frame(.windowUpdate, stream: 1, Wire.big(3)))
        #expect(bodies() == 2)
        #expect(server.messages[1]?.closedWith == 0)
    }
}
