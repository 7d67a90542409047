import Admin
import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// Active checks, from the question to the choice of targets.
    @Suite
    struct HealthTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

        private static func settings(
            _ kind: HealthSettings.Kind, port: UInt16? = nil, timeout: Int = 150
        ) -> HealthSettings {
            HealthSettings(
                kind: kind, port: port, intervalMilliseconds: 30, timeoutMilliseconds: timeout)
        }

        /// X and Y, one node each, checked as Kong is.
        private struct Pair {
            let x: KongNode
            let y: KongNode
            let ward: Ward

            init(workers: Int = 1, weights: [UInt32] = [90, 10]) async throws {
                let (x, y) = (try KongNode("x"), try KongNode("y"))
                (self.x, self.y) = (x, y)
                ward = try await Ward(
                    workers: workers, [[x.proxy.port], [y.proxy.port]], weights: weights
                ) { upstream in
                    let node = upstream.name == "x" ? x : y
                    upstream.health = HealthTests.settings(.kong, port: node.statusPort.port)
                    upstream.timeouts.responseMilliseconds = 1_000
                }
            }

            func end() async {
                for node in [x, y] { node.stop() }
                await ward.end()
            }
        }

        /// One client that asks again and again, and what it got.
        private final class Traffic {
            private let client: Peer
            private(set) var names: [String] = []
            private(set) var failures: [String] = []

            init(_ stage: Stage) throws { client = try stage.client() }

            func ask() throws {
                client.send(HealthTests.get)
                let answer = try client.answer()
                if answer.status == 200 {
                    names.append(answer.text)
                } else {
                    failures.append("\(answer.status) \(answer["x-sluice-error"] ?? "")")
                }
            }

            func close() { client.close() }

            /// How far Y's count in any window of 100 is from a tenth.
            var worst: Int {
                guard names.count >= 100 else { return 0 }
                return (0...names.count - 100).map { start in
                    abs(names[start..<start + 100].count { $0 == "y" } - 10)
                }.max() ?? 0
            }
        }

        @Test
        func `both sides lose their database one after the other, and the split is kept`()
            async throws
        {
            let pair = try await Pair()
            let traffic = try Traffic(pair.ward.stage)
            let ask = { try traffic.ask() }
            try await pair.ward.wait(for: "ss", meanwhile: ask)
            pair.x.set { $0.hasDatabase = false }
            try await pair.ward.wait(for: "gs", meanwhile: ask)
            for _ in 0..<200 { try traffic.ask() }
            pair.y.set { $0.hasDatabase = false }
            try await pair.ward.wait(for: "gg", meanwhile: ask)
            for _ in 0..<200 { try traffic.ask() }
            for node in [pair.x, pair.y] { node.set { $0.hasDatabase = true } }
            let report = try await pair.ward.wait(for: "ss", meanwhile: ask)
            traffic.close()
            #expect(report.targets.first?.lastError == "failed to connect to database")
            #expect(traffic.failures == [])
            #expect(traffic.worst <= 2)
            let counters = await pair.ward.stage.counters(until: pair.ward.stage.isAtRest)
            let total = traffic.names.count
            let y = counters.routedCount(lane: 1, by: .sequence)
            #expect(abs(10 * y - total) <= 20)
            #expect(counters.routedCount(lane: 0, by: .shift) == 0)
            #expect(counters.routedCount(lane: 1, by: .shift) == 0)
            #expect(pair.ward.log.count("sound -> degraded: failed to connect to database") == 2)
            #expect(pair.ward.log.count("no target is usable") == 0)
            await pair.end()
        }

        @Test
        func `a Kong without readiness is judged by its status`() async throws {
            let pair = try await Pair()
            pair.x.set { $0.hasReadiness = false }
            pair.y.set {
                $0.hasReadiness = false
                $0.hasDatabase = false
            }
            let report = try await pair.ward.wait(for: "sg")
            #expect(report.targets.last?.lastError == "the database cannot be reached")
            #expect(pair.x.questions.contains("/status"))
            await pair.end()
        }

        @Test(arguments: [1, 2])
        func `all of Y is gone at 90 to 10, and no client sees an error`(workers: Int)
            async throws
        {
            let pair = try await Pair(workers: workers)
            let traffic = try Traffic(pair.ward.stage)
            try await pair.ward.wait(for: "ss") { try traffic.ask() }
            pair.y.stop()
            try await pair.ward.wait(for: "sd") { try traffic.ask() }
            for _ in 0..<300 { try traffic.ask() }
            traffic.close()
            #expect(traffic.failures == [])
            #expect(traffic.names.suffix(300).allSatisfy { $0 == "x" })
            #expect(pair.ward.stage.plane.usableUpstreams == ["x"])
            #expect(pair.ward.log.count("upstream y: no target is usable") == 1)
            // What is down is not connected to: it costs nothing any more.
            let before = await pair.ward.stage.plane.counters()
            let again = try Traffic(pair.ward.stage)
            for _ in 0..<50 { try again.ask() }
            again.close()
            let after = await pair.ward.stage.plane.counters()
            #expect(
                after.connectCount(upstream: 1, result: .refused)
                    == before.connectCount(upstream: 1, result: .refused))
            await pair.end()
        }

        @Test
        func `a frozen upstream costs only what was sent to it`() async throws {
            let pair = try await Pair()
            let traffic = try Traffic(pair.ward.stage)
            try await pair.ward.wait(for: "ss") { try traffic.ask() }
            pair.y.set { $0.isFrozen = true }
            let report = try await pair.ward.wait(for: "sd") { try traffic.ask() }
            #expect(report.targets.last?.lastError == "connected, but no answer in time")
            let failures = traffic.failures
            #expect(failures.allSatisfy { $0 == "504 response_timeout" })
            for _ in 0..<300 { try traffic.ask() }
            #expect(traffic.failures.count == failures.count)
            pair.y.set { $0.isFrozen = false }
            try await pair.ward.wait(for: "ss") { try traffic.ask() }
            traffic.close()
            await pair.end()
        }

        @Test
        func `when both sides fail their checks health is ignored and the split kept`()
            async throws
        {
            let pair = try await Pair()
            for node in [pair.x, pair.y] { node.set { $0.status = KongNode.own("500 No", "{}") } }
            try await pair.ward.wait(for: "dd")
            let traffic = try Traffic(pair.ward.stage)
            for _ in 0..<300 { try traffic.ask() }
            traffic.close()
            #expect(traffic.failures == [])
            #expect(traffic.worst <= 2)
            await pair.end()
        }

        @Test
        func `a target that flaps changes its state by whole rows, and nobody sees an error`()
            async throws
        {
            let pair = try await Pair()
            let traffic = try Traffic(pair.ward.stage)
            let ask = { try traffic.ask() }
            try await pair.ward.wait(for: "ss", meanwhile: ask)
            for _ in 0..<3 {
                pair.y.set { $0.status = KongNode.own("500 No", "{}") }
                try await pair.ward.wait(for: "sd", meanwhile: ask)
                pair.y.set { $0.status = nil }
                try await pair.ward.wait(for: "ss", meanwhile: ask)
            }
            traffic.close()
            #expect(traffic.failures == [])
            #expect(pair.ward.log.count("sound -> down: status 500 of /status/ready") == 3)
            #expect(pair.ward.log.count("down -> sound: 2 checks passed") == 3)
            let report = await pair.ward.judge.report()
            let downs = report.changes.first { $0.upstream == "y" && $0.state == .down }
            #expect(downs?.count == 3)
            await pair.end()
        }

        @Test(
            arguments: [
                "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "",
                KongNode.own("200 OK", "{\"message\":"),
                KongNode.own("200 OK", String(repeating: "[", count: 60_000)),
            ])
        func `a status port that sends garbage is down or sound, and nothing else happens`(
            garbage: String
        ) async throws {
            let pair = try await Pair()
            pair.y.set { $0.status = garbage }
            let isAnswer = garbage.contains("200 OK") && garbage.contains("Server: kong")
            try await pair.ward.wait(for: isAnswer ? "ss" : "sd")
            await pair.end()
        }

        @Test
        func `checks are added, changed and removed while they are under way`() async throws {
            let (x, y) = (try KongNode("x"), try KongNode("y"))
            let ports = [[x.proxy.port], [y.proxy.port]]
            let ward = try await Ward(ports) { _ in }
            let traffic = try Traffic(ward.stage)
            let ask = { try traffic.ask() }
            try await ward.wait(for: "ss", meanwhile: ask)
            #expect(await ward.judge.report().targets.allSatisfy { $0.tally == nil })
            // A check of a frozen port takes its time; another question comes meanwhile.
            let frozen = try Target()
            let frozenPort = frozen.port
            for round in 0..<3 {
                try await ward.apply(
                    Ward.snapshot(ports) {
                        $0.health = Self.settings(.http, port: frozenPort, timeout: 5_000)
                    })
                if round == 0 {
                    try await ward.wait(for: "uu", meanwhile: ask)
                    _ = try frozen.accept()
                }
                try await ward.apply(
                    Ward.snapshot(ports) { upstream in
                        upstream.health = Self.settings(.tcp, port: 1)
                    })
                // No check is under way twice: the old ones have to end first.
            }
            frozen.close()
            try await ward.wait(for: "dd", meanwhile: ask)
            try await ward.apply(Ward.snapshot(ports) { $0.health = Self.settings(.kong) })
            try await ward.wait(for: "ss", meanwhile: ask)
            try await ward.apply(Ward.snapshot(ports) { _ in })
            try await ward.wait(
                until: { $0.targets.allSatisfy { $0.tally == nil } }, meanwhile: ask)
            traffic.close()
            #expect(traffic.failures == [])
            for node in [x, y] { node.stop() }
            await ward.end()
        }

        @Test
        func `removing the checks lets a target that was down back in`() async throws {
            let pair = try await Pair(weights: [1, 1])
            pair.y.set { $0.status = KongNode.own("500 No", "{}") }
            try await pair.ward.wait(for: "sd")
            let ports = [[pair.x.proxy.port], [pair.y.proxy.port]]
            try await pair.ward.apply(Ward.snapshot(ports) { _ in })
            try await pair.ward.wait(for: "ss")
            let traffic = try Traffic(pair.ward.stage)
            for _ in 0..<20 { try traffic.ask() }
            traffic.close()
            #expect(Set(traffic.names) == ["x", "y"])
            await pair.end()
        }

        @Test
        func `no target is asked twice at once, whatever it does`() async throws {
            // It reads until the check gives up.
            let slow = try Origin { peer, _ in peer.receiveAll() }
            defer { slow.stop() }
            let ward = try await Ward(workers: 2, [[slow.port]]) {
                $0.health = Self.settings(.http, timeout: 80)
            }
            var failed = 0
            while failed < 6 {
                let begun = slow.connectionCount
                failed = await ward.judge.report().targets.first?.tally?.failed ?? 0
                #expect(begun <= failed + 1)
            }
            await ward.end()
        }
    }
}
