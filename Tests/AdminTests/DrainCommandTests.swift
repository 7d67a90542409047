import Admin
import Kernel
import Testing

/// What `sluice drain` prints, and how long it waits.
@Suite struct DrainCommandTests {
    private static let answer = """
        {"name": "x", "targets": [{"target": "kong-x:8000", "address": "10.0.0.1:8000",
         "healthy": true, "drained": true, "inflight": 3, "tunnels": 1, "oldest_seconds": 12.345,
         "oldest_tunnel_seconds": 3800.1}], "connections": {"idle": 0, "active": 3},
         "inflight": 3, "requests": 9, "errors": 0, "former_targets": [{"address":
         "10.0.0.9:8000", "inflight": 1, "tunnels": 0, "oldest_seconds": 61,
         "oldest_tunnel_seconds": null}], "drains": [{"target": null, "addresses":
         ["10.0.0.1:8000"], "since": "2031-05-06T07:08:09.010Z", "reason": "new\\nkernel",
         "inflight": 4, "tunnels": 1, "oldest_seconds": 61, "oldest_tunnel_seconds": 3800.1,
         "empty": false}, {"target": "10.0.0.7:8000", "addresses": [], "since":
         "2031-05-06T07:08:10.010Z", "reason": "", "inflight": 0, "tunnels": 0, "oldest_seconds":
         null, "oldest_tunnel_seconds": null, "empty": true}], "warnings": ["it is cold"]}
        """

    private static let table = """
        drained          since                     in flight     oldest  tunnels     oldest  reason
        x                2031-05-06T07:08:09.010Z          3  1 min 1 s        1  1 h 3 min  \
        new\\nkernel
          10.0.0.1:8000                                    2       12 s        1  1 h 3 min
          10.0.0.9:8000                                    1  1 min 1 s        0          -
        x 10.0.0.7:8000  2031-05-06T07:08:10.010Z          0          -        0          -
        warning: it is cold

        """

    private func answer(_ more: String = "") throws -> JSONValue {
        try JSONReader.read("\(Self.answer.dropLast()), \"more\": 1\(more)}".utf8)
    }

    private func withDrain(_ number: Int, _ more: String) throws -> JSONValue {
        let drain = try #require(try answer()["drains"]?.elements?[number])
        return try answer(", \"drain\": \(JSONWriter.text(drain))\(more)")
    }

    @Test func `the status has a table of what is drained`() throws {
        let status = JSONValue.object(["upstreams": .array([try answer()])])
        #expect(DrainText.table(status) == Self.table)
        #expect(StatusText.table(status).contains("kong-x:8000 (10.0.0.1:8000) drained"))
        #expect(DrainText.table(.object(["upstreams": .array([])])) == "")
    }

    @Test func `a drain says what is left`() throws {
        #expect(
            DrainText.drained(try withDrain(0, ", \"changed\": true")) == """
                x: drained; 3 requests (oldest 1 min 1 s), 1 tunnel (oldest 1 h 3 min) in flight \
                there

                """)
        #expect(
            DrainText.drained(try withDrain(1, ", \"changed\": false")) == """
                x 10.0.0.7:8000: drained already, since 2031-05-06T07:08:10.010Z; nothing in \
                flight there

                """)
    }

    @Test func `an undrain says what stays drained`() throws {
        #expect(
            DrainText.undrained(try answer(", \"changed\": true"), target: "kong-x:8000") == """
                x kong-x:8000: drained no more
                x: still drained, since 2031-05-06T07:08:09.010Z: new\\nkernel
                x 10.0.0.7:8000: still drained, since 2031-05-06T07:08:10.010Z

                """)
        let bare = JSONValue.object(["name": "x", "changed": .bool(false)])
        #expect(DrainText.undrained(bare, target: nil) == "x: not drained\n")
    }

    @Test func `what is not kept, not in force or without effect is a warning`() throws {
        let text = DrainText.warnings(
            ofChange: try answer(", \"durable\": false, \"pending_workers\": [0, 2]"))
        #expect(
            text == """
                warning: a restart forgets this: there is no state_dir, or it could not be written
                warning: not yet in force in workers 0, 2
                warning: it is cold

                """)
        #expect(DrainText.warnings(ofChange: .object(["durable": .bool(true)])) == "")
    }

    private static func upstream(inflight: Int, target: String? = nil) -> [UInt8] {
        let drain = JSONValue.object([
            "target": target.map { .string($0) } ?? .null, "inflight": .number(inflight),
            "tunnels": .number(0), "empty": .bool(inflight == 0),
        ])
        return Array(JSONWriter.text(.object(["drains": .array([drain])])).utf8)
    }

    private func reply(_ body: [UInt8], status: Int = 200) throws -> ControlClient.Reply {
        let head = "HTTP/1.1 \(status) X\r\n\r\n"
        return try #require(ControlClient.Reply(Array(head.utf8) + body))
    }

    @Test(arguments: [nil, "10.0.0.1:8000"])
    func `a wait looks until nothing is left`(target: String?) async throws {
        var left = [2, 1, 0]
        var reports: [Int?] = []
        let replies = try [2, 1, 0].map {
            try reply(Self.upstream(inflight: $0, target: target))
        }
        let end = await DrainWait(upstream: "x", target: target, milliseconds: 3_600_000).run(
            look: { () throws(ControlClient.Fault) in replies[3 - left.removeFirst() - 1] },
            report: { reports.append($0["inflight"]?.int) })
        guard case .empty = end else {
            Issue.record("\(end)")
            return
        }
        #expect(reports == [2, 1])
    }

    @Test func `a wait ends when its time is over, after a last look`() async throws {
        let busy = try reply(Self.upstream(inflight: 1))
        for milliseconds in [0, 20] {
            var looks = 0
            let wait = DrainWait(upstream: "x", target: nil, milliseconds: milliseconds)
            let end = await wait.run(
                look: { () throws(ControlClient.Fault) in
                    looks += 1
                    return busy
                }, report: { _ in })
            #expect(end == .timeOver(try #require(busy.json)))
            #expect(milliseconds == 0 ? looks == 1 : looks >= 1)
        }
    }

    @Test func `a wait ends with the drain, with the proxy, and with a refusal`() async throws {
        let other = try reply(Self.upstream(inflight: 1, target: "10.0.0.1:8000"))
        let gone = try reply(Array(#"{"error": "there is no upstream"}"#.utf8), status: 404)
        let wait = DrainWait(upstream: "x", target: nil, milliseconds: 3_600_000)
        let none = ControlClient.Fault.nobody(socket: "s")
        #expect(
            await wait.run(
                look: { () throws(ControlClient.Fault) in other }, report: { _ in }) == .undrained)
        #expect(
            await wait.run(
                look: { () throws(ControlClient.Fault) in gone }, report: { _ in })
                == .refused("there is no upstream"))
        #expect(
            await wait.run(
                look: { () throws(ControlClient.Fault) in throw none }, report: { _ in })
                == .failed(none))
    }

    @Test func `a cancelled wait is interrupted at once`() async throws {
        let busy = try reply(Self.upstream(inflight: 1))
        let looks = Lock(0)
        let waiting = Task {
            await DrainWait(upstream: "x", target: nil, milliseconds: 3_600_000).run(
                look: { () throws(ControlClient.Fault) in
                    looks.withLock { $0 += 1 }
                    return busy
                }, report: { _ in })
        }
        try await wait("a first look") { looks.withLock { $0 > 0 } }
        waiting.cancel()
        #expect(await waiting.value == .interrupted)
    }

    @Test func `nobody on the socket is told apart`() async {
        let commands = SocketCommands(socket: "none.sock")
        #expect(
            await commands.drain("x", target: nil, reason: nil, waitMilliseconds: 1)
                == ExitStatus.unavailable)
        #expect(commands.undrain("x", target: nil) == ExitStatus.unavailable)
    }
}
