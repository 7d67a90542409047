import Kernel
import Settings
import Telemetry
import Testing

@testable import Proxy

extension LiveTests {
    /// The limit of what is in flight at a target, and the queue before it.
    @Suite
    struct QueueTests {
        private static func get(_ target: Int) -> String {
            "GET /\(target) HTTP/1.1\r\nHost: h\r\n\r\n"
        }

        private static func limits(
            _ inflight: Int?, queue: Int = 1_000, timeout: Int = 20_000
        ) -> UpstreamLimits {
            UpstreamLimits(
                inflightPerTarget: inflight, queue: queue, queueTimeoutMilliseconds: timeout)
        }

        private func isQueued(_ count: Int) -> (WorkerCounters) -> Bool {
            { counters in
                (0..<counters.laneCount).reduce(0) { $0 + counters.queuedCount(lane: $1) } == count
            }
        }

        @Test(arguments: [(1, [10]), (4, [10]), (4, [1]), (4, [5, 5]), (3, [3, 3, 3])])
        func `a target never has more than its limit, and everybody is served in the end`(
            workers: Int, limits: [Int]
        ) async throws {
            let origins = try limits.map { _ in try BusyOrigin() }
            defer { for origin in origins { origin.stop() } }
            let stage = try await Stage(
                workers: workers, [origins.map(\.port)], upstreamLimits: Self.limits(limits[0]))
            let clients = try (0..<200).map { _ in try stage.client() }
            for (number, client) in clients.enumerated() { client.send(Self.get(number)) }
            let waiting = 200 - limits.reduce(0, +)
            let counters = await stage.counters(until: isQueued(waiting))
            #expect(counters.queuedCount(lane: 0) == waiting)
            for origin in origins { #expect(await origin.holds(limits[0])) }
            #expect(stage.placesTaken == limits.map { UInt64($0) })
            for origin in origins { origin.release() }
            for round in 0..<5 {
                for (number, client) in clients.enumerated() {
                    let answer = try client.answer()
                    #expect(answer.text == "/\(number + round)")
                    client.send(Self.get(number + round + 1))
                }
            }
            for client in clients { #expect(try client.answer().status == 200) }
            for origin in origins { #expect(origin.seen.most == limits[0]) }
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }

        @Test
        func `within a worker the first to come is the first to be served`() async throws {
            let origin = try BusyOrigin()
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], upstreamLimits: Self.limits(1))
            var clients: [Peer] = []
            for number in 0..<30 {
                let client = try stage.client()
                client.send(Self.get(number))
                if number == 0 { #expect(await origin.holds(1)) }
                await stage.counters(until: isQueued(number))
                clients.append(client)
            }
            origin.release()
            for client in clients { _ = try client.answer() }
            #expect(origin.seen.order == (0..<30).map { "/\($0)" })
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }

        @Test(arguments: [2, 4])
        func `over all workers the one that has waited longest is the next`(
            workers: Int
        ) async throws {
            let origin = try BusyOrigin()
            defer { origin.stop() }
            let stage = try await Stage(
                workers: workers, [[origin.port]], upstreamLimits: Self.limits(1))
            var clients: [Peer] = []
            for number in 0..<20 {
                let client = try stage.client()
                client.send(Self.get(number))
                if number == 0 { #expect(await origin.holds(1)) }
                await stage.counters(until: isQueued(number))
                clients.append(client)
                // Workers take turns only where one has waited clearly longer.
                let next = Instant.now().advanced(
                    byMilliseconds: 1 + Int(Limits.queueSlackNanoseconds / 1_000_000))
                while Instant.now() < next { await Task.yield() }
            }
            origin.release()
            for client in clients { _ = try client.answer() }
            #expect(origin.seen.order == (0..<20).map { "/\($0)" })
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }

        @Test(arguments: [2, 4])
        func `no worker keeps the places for its own`(workers: Int) async throws {
            let origin = try BusyOrigin()
            origin.release()
            defer { origin.stop() }
            let stage = try await Stage(
                workers: workers, [[origin.port]], upstreamLimits: Self.limits(1))
            let count = 24
            let answers = Lock(Array(repeating: 0, count: count))
            let isOver = Lock(false)
            let finished = Lock(0)
            let port = stage.port
            for number in 0..<count {
                try WorkerThread.start(name: "client") {
                    defer { finished.withLock { $0 += 1 } }
                    guard let client = try? Peer(connectingTo: port) else { return }
                    // Whoever is served comes again at once.
                    while !isOver.withLock({ $0 }) {
                        client.send(Self.get(number))
                        guard client.message(.answer)?.status == 200 else { return }
                        answers.withLock { $0[number] += 1 }
                    }
                }
            }
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while answers.withLock({ $0.min() ?? 0 }) < 5, Instant.now() < deadline {
                await Task.yield()
            }
            let counts = answers.withLock { $0 }
            #expect(counts.allSatisfy { $0 >= 5 }, "\(counts)")
            isOver.withLock { $0 = true }
            while finished.withLock({ $0 }) < count { await Task.yield() }
            await stage.endWithoutPlaces()
        }

        @Test(arguments: [1, 4], [0, 3])
        func `as many wait as may, over all workers, and the others are told at once`(
            workers: Int, queue: Int
        ) async throws {
            let origin = try BusyOrigin()
            let other = try BusyOrigin()
            other.release()
            defer { for origin in [origin, other] { origin.stop() } }
            let stage = try await Stage(
                workers: workers, [[origin.port], [other.port]], weights: [1, 0],
                upstreamLimits: Self.limits(2, queue: queue))
            // A full queue is no failure: nothing may shift, although it could.
            await stage.setWeights([1_000_000, 1])
            let clients = try (0..<30).map { _ in try stage.client() }
            for client in clients { client.send(Self.get(0)) }
            let refused = 28 - queue
            await stage.counters { $0.requestCount(lane: 0, code: 503) == refused }
            #expect(await origin.holds(2))
            origin.release()
            var statuses: [Int: Int] = [:]
            var refusedClients: [Peer] = []
            for client in clients {
                let answer = try client.answer()
                statuses[answer.status, default: 0] += 1
                guard answer.status == 503 else { continue }
                #expect(answer["retry-after"] == "1")
                #expect(answer["x-sluice-error"] == "queue_full")
                refusedClients.append(client)
            }
            // Who was refused may ask again on the same connection, when nobody waits any more.
            for client in refusedClients {
                await stage.awaitAllPlaces()
                client.send(Self.get(1))
                #expect(try client.answer().status == 200)
            }
            #expect(statuses == [200: 2 + queue, 503: refused])
            for client in clients { client.close() }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.queueRefusalCount(lane: 0, .full) == refused)
            #expect(counters.queueRefusalCount(lane: 0, .timeout) == 0)
            #expect(counters.routedCount(lane: 1, by: .shift) == 0)
            #expect(counters.failureCount(lane: 0, kind: .other) == 0)
            await stage.endWithoutPlaces()
        }

        @Test
        func `nobody waits longer than the queue's time`() async throws {
            let origin = try BusyOrigin()
            defer { origin.stop() }
            let stage = try await Stage(
                [[origin.port]], upstreamLimits: Self.limits(1, timeout: 100))
            let holder = try stage.client()
            holder.send(Self.get(0))
            #expect(await origin.holds(1))
            let clients = try (0..<5).map { _ in try stage.client() }
            for client in clients {
                client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n1")
            }
            for client in clients {
                let answer = try client.answer()
                #expect(answer.status == 503)
                #expect(answer["retry-after"] == "1")
                #expect(answer["x-sluice-error"] == "queue_timeout")
                client.close()
            }
            origin.release()
            #expect(try holder.answer().status == 200)
            holder.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.queueRefusalCount(lane: 0, .timeout) == 5)
            #expect(origin.seen.order.count == 1)
            await stage.endWithoutPlaces()
        }

        @Test(arguments: BrokenClientTests.Way.allCases)
        func `a client that leaves while it waits leaves the queue`(
            way: BrokenClientTests.Way
        ) async throws {
            let origin = try BusyOrigin()
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], upstreamLimits: Self.limits(1))
            let clients = try (0..<5).map { _ in try stage.client() }
            clients[0].send(Self.get(0))
            #expect(await origin.holds(1))
            for (number, client) in clients.enumerated().dropFirst() {
                client.send(Self.get(number))
                await stage.counters(until: isQueued(number))
            }
            // From the front, the middle and the end of the queue.
            for (number, left) in [(1, 3), (3, 2), (4, 1)] {
                switch way {
                case .closes: clients[number].close()
                case .resets: clients[number].reset()
                case .endsItsSide:
                    clients[number].endSending()
                    #expect(clients[number].receiveAll() != .late)
                }
                let counters = await stage.counters(until: isQueued(left))
                #expect(counters.queuedCount(lane: 0) == left)
            }
            origin.release()
            #expect(try clients[0].answer().text == "/0")
            #expect(try clients[2].answer().text == "/2")
            #expect(origin.seen.order == ["/0", "/2"])
            for client in clients { client.close() }
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.requestCount(lane: 0, code: 0) == 3)
            await stage.endWithoutPlaces()
        }

        @Test
        func `a body that comes while its request waits is passed on whole`() async throws {
            let origin = try Target()
            let stage = try await Stage([[origin.port]], upstreamLimits: Self.limits(1))
            let holder = try stage.client()
            holder.send(Self.get(0))
            let upstream = try origin.accept()
            _ = try upstream.request()
            let client = try stage.client()
            let body = String(repeating: "b", count: 300_000)
            client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n")
            let bytes = Array(body.utf8)
            client.send(bytes.prefix(40_000))
            await stage.counters(until: isQueued(1))
            client.send(bytes.dropFirst(40_000).prefix(10_000))
            await stage.settle()
            upstream.send(BusyOrigin.answer("first"))
            _ = try holder.answer()
            client.send(bytes.dropFirst(50_000))
            #expect(try upstream.request().text == body)
            upstream.send(BusyOrigin.answer("second"))
            #expect(try client.answer().text == "second")
            for peer in [holder, client] { peer.close() }
            await stage.endWithoutPlaces()
        }

        @Test(arguments: [1, 4])
        func `a target that is full is passed over for one that has room`(
            workers: Int
        ) async throws {
            let origins = try (0..<5).map { _ in try BusyOrigin() }
            defer { for origin in origins { origin.stop() } }
            let stage = try await Stage(
                workers: workers, [origins.map(\.port)], upstreamLimits: Self.limits(1, queue: 0))
            let clients = try (0..<6).map { _ in try stage.client() }
            for client in clients.dropLast() { client.send(Self.get(0)) }
            for origin in origins { #expect(await origin.holds(1)) }
            clients[5].send(Self.get(5))
            #expect(try clients[5].answer()["x-sluice-error"] == "queue_full")
            origins[2].release()
            await stage.counters { $0.requestCount(lane: 0, code: 200) == 1 }
            // The only one that has room gets it.
            for _ in 0..<5 {
                clients[5].send(Self.get(5))
                #expect(try clients[5].answer().status == 200)
            }
            #expect(origins[2].seen.order.count == 6)
            for origin in origins { origin.release() }
            for client in clients.dropLast() { #expect(try client.answer().status == 200) }
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }
    }
}
