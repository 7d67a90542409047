import HTTP2
import Testing

/// Peers that want harm.
struct DefenceTests {
    @Test func `streams that are opened and reset as fast as can be end the connection`() {
        let server = Peer.server()
        for stream in stride(from: Int32(1), to: 4_001, by: 2) {
            server.take(Wire.request(stream) + Wire.frame(.reset, stream: stream, Wire.big(8)))
        }
        #expect(server.isOver || server.isBroken)
        #expect(server.order.count < 600)
    }

    @Test func `frames that carry nothing end the connection`() {
        let floods: [[UInt8]] = [
            Wire.frame(.ping, stream: 0, [UInt8](repeating: 0, count: 8)),
            Wire.frame(.settings, stream: 0, [0, 4, 0, 0, 0, 9]),
            Wire.frame(.priority, stream: 1, [0, 0, 0, 0, 9]),
            Wire.frame(.windowUpdate, stream: 0, Wire.big(1)),
            Wire.frame(0x77, 0, stream: 0, []),
            Wire.frame(.data, 0, stream: 1, []),
        ]
        for flood in floods {
            let server = Peer.server()
            server.take(Wire.request(1, method: "POST", ends: false))
            var count = 0
            while count < 20_000, !server.isOver, !server.isBroken {
                server.take(flood)
                _ = server.gather()
                count += 1
            }
            #expect(count < 2_000)
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
        #expect(count < 1_000)
    }

    @Test func `a head that grows by reference is refused, and its stream only`() {
        let server = Peer.server()
        // One entry of 4,000 bytes in the table, named again a thousand times.
        let entry = [UInt8(0x40)] + Wire.string(Array("x".utf8))
            + Wire.string([UInt8](repeating: 0x61, count: 3_900))
        let head = Wire.block([
            (":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a.test"),
        ])
        let bomb = head + entry + [UInt8](repeating: 0xbe, count: 1_000)
        server.take(Wire.frame(.headers, 5, stream: 1, bomb))
        #expect(server.messages[1]?.isTooLarge == true)
        #expect(server.messages[1]?.heads == [])
        #expect(server.textCount < 128 * 1024)
        server.write("HTTP/1.1 431 Too Large\r\n\r\n", to: 1)
        #expect(Wire.frames(server.gather()).contains { $0.kind == 1 && $0.stream == 1 })
        server.take(Wire.request(3))
        #expect(server.messages[3]?.hasEnded == true)
    }

    @Test func `streams above the limit are refused`() {
        var limits = HTTP2Limits()
        limits.streams = 10
        let server = Peer.server(limits)
        // The client knows the limit when it has acknowledged it.
        server.take(Wire.frame(.settings, Wire.Flag.ack))
        for stream in stride(from: Int32(1), through: 25, by: 2) {
            server.take(Wire.request(stream, ends: false))
        }
        let refused = Wire.frames(server.gather()).filter { $0.kind == Wire.Kind.reset.rawValue }
        #expect(refused.map(\.stream) == [21, 23, 25])
        #expect(server.order.count == 10)
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
