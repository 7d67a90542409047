import Kernel
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

extension LiveTests {
    /// Requests that wait for a target which may get nothing more of them.
    @Suite
    struct MovingOnTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        private static let down = TargetStanding(health: .down)
        /// A connect takes longer than any test has patience.
        private static let patient = UpstreamTimeouts(connectMilliseconds: 600_000)

        private func origin(_ name: String) throws -> Origin {
            try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)"
            }
        }

        private func hasFailed(_ counters: WorkerCounters, lane: Int) -> Bool {
            AttemptFailure.allCases.contains { counters.failureCount(lane: lane, kind: $0) > 0 }
        }

        /// Why a target may get nothing more.
        enum Loss: Sendable, CaseIterable {
            case down, ejected, drained, gone

            var standing: TargetStanding {
                switch self {
                case .down: TargetStanding(health: .down)
                case .ejected: TargetStanding(health: .ejected)
                case .drained: TargetStanding(isDrained: true)
                case .gone: TargetStanding()
                }
            }
        }

        @Test(arguments: Loss.allCases)
        func `a request that still connects goes on to another target of its upstream`(
            loss: Loss
        ) async throws {
            let pit = try TarPit()
            let (b, y) = (try origin("b"), try origin("y"))
            defer { for origin in [b, y] { origin.stop() } }
            let stage = try await Stage(
                [[pit.port, b.port], [y.port]], weights: [1_000_000, 1], upstream: Self.patient)
            await stage.stand([b.port: Self.down])
            let client = try stage.client()
            client.send(Self.get)
            await stage.counters { $0.connectionCounts(upstream: 0).active == 1 }
            await stage.stand([pit.port: loss.standing])
            if loss == .gone {
                try await stage.apply(
                    Stage.snapshot(
                        [[b.port], [y.port]], weights: [1_000_000, 1], upstream: Self.patient))
            }
            #expect(try client.answer().text == "b")
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 0, by: .sequence) == 1)
            #expect(!hasFailed(counters, lane: 0))
            #expect(stage.sequenceNumber == 1)
            await stage.end()
        }

        @Test(arguments: [Loss.down, .ejected, .drained])
        func `it shifts when its upstream has nothing else`(loss: Loss) async throws {
            let pit = try TarPit()
            let y = try origin("y")
            defer { y.stop() }
            let stage = try await Stage(
                [[pit.port], [y.port]], weights: [1_000_000, 1], upstream: Self.patient)
            let client = try stage.client()
            client.send(Self.get)
            await stage.counters { $0.connectionCounts(upstream: 0).active == 1 }
            await stage.stand([pit.port: loss.standing])
            #expect(try client.answer().text == "y")
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.routedCount(lane: 1, by: .shift) == 1)
            #expect(!hasFailed(counters, lane: 0))
            await stage.end()
        }

        @Test(arguments: [true, false])
        func `with nothing usable it goes on connecting, until something is back`(
            isIllBefore: Bool
        ) async throws {
            let pit = try TarPit()
            let y = try origin("y")
            defer { y.stop() }
            let stage = try await Stage(
                [[pit.port], [y.port]], weights: [1_000_000, 1], upstream: Self.patient)
            let allDown = [pit.port: Self.down, y.port: Self.down]
            if isIllBefore { await stage.stand(allDown) }
            let client = try stage.client()
            client.send(Self.get)
            await stage.counters { $0.connectionCounts(upstream: 0).active == 1 }
            await stage.stand(allDown)
            let counters = await stage.plane.counters()
            #expect(counters.connectionCounts(upstream: 0).active == 1)
            await stage.stand([pit.port: Self.down])
            #expect(try client.answer().text == "y")
            client.close()
            await stage.end()
        }

        @Test
        func `who waits for a place where all are ill goes when something is back`()
            async throws
        {
            let busy = try BusyOrigin()
            let y = try origin("y")
            defer {
                busy.stop()
                y.stop()
            }
            let limits = UpstreamLimits(
                inflightPerTarget: 1, queue: 10, queueTimeoutMilliseconds: 600_000)
            let stage = try await Stage(
                [[busy.port], [y.port]], weights: [1_000_000, 1], upstreamLimits: limits)
            await stage.stand([busy.port: Self.down, y.port: Self.down])
            let (first, second) = (try stage.client(), try stage.client())
            first.send(Self.get)
            #expect(await busy.holds(1))
            second.send(Self.get)
            await stage.counters { $0.queuedCount(lane: 0) == 1 }
            await stage.stand([busy.port: Self.down])
            #expect(try second.answer().text == "y")
            busy.release()
            #expect(try first.answer().status == 200)
            for client in [first, second] { client.close() }
            await stage.endWithoutPlaces()
        }

        @Test
        func `what is told of others does not let a last resort begin anew`() async throws {
            let pit = try TarPit()
            // Nobody listens on port 1: y is usable, and refuses.
            let stage = try await Stage(
                [[pit.port], [1]], weights: [1_000_000, 1], upstream: Self.patient)
            await stage.stand([pit.port: Self.down])
            let client = try stage.client()
            client.send(Self.get)
            await stage.counters { $0.connectionCounts(upstream: 0).active == 1 }
            for percent in [10, 50, 100] as [UInt32] {
                await stage.stand([
                    pit.port: Self.down, 1: TargetStanding(weightPercent: percent),
                ])
            }
            let counters = await stage.plane.counters()
            #expect(counters.failureCount(lane: 1, kind: .connect) == 1)
            #expect(counters.connectionCounts(upstream: 0).active == 1)
            // It would connect for as long as the test has no patience.
            await stage.plane.stop()
        }

        @Test(arguments: [Loss.down, .drained])
        func `a repeat stays in its upstream when its target was lost meanwhile`(
            loss: Loss
        ) async throws {
            let a = try Target()
            let (b, y) = (try origin("b"), try origin("y"))
            defer { for origin in [b, y] { origin.stop() } }
            let stage = try await Stage([[a.port, b.port], [y.port]], weights: [1_000_000, 1])
            await stage.stand([b.port: Self.down])
            let client = try stage.client()
            client.send(Self.get)
            let atA = try a.accept()
            _ = try atA.request()
            atA.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = try client.answer()
            client.send(Self.get)
            _ = try atA.request()
            await stage.stand([a.port: loss.standing])
            atA.close()
            #expect(try client.answer().text == "b")
            let unwanted = try a.acceptNow()
            #expect(unwanted == nil)
            client.close()
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.retryCount(lane: 0) == 1)
            // Each request has one number of the sequence, however often it goes out.
            #expect(stage.sequenceNumber == 2)
            await stage.end()
        }

        @Test(arguments: [1, 2])
        func `who waits for a place shifts when a reload leaves no usable target`(
            workers: Int
        ) async throws {
            let busy = try BusyOrigin()
            let y = try origin("y")
            defer {
                busy.stop()
                y.stop()
            }
            let limits = UpstreamLimits(
                inflightPerTarget: 1, queue: 10, queueTimeoutMilliseconds: 600_000)
            let targets: [[UInt16]] = [[busy.port, 1], [y.port]]
            let stage = try await Stage(
                workers: workers, targets, weights: [1_000_000, 1], upstreamLimits: limits)
            await stage.stand([1: Self.down])
            let clients = try (0..<3).map { _ in try stage.client() }
            for client in clients { client.send(Self.get) }
            await stage.counters { $0.queuedCount(lane: 0) == 2 }
            try await stage.apply(
                Stage.snapshot(
                    [[1], [y.port]], weights: [1_000_000, 1], upstreamLimits: limits))
            await stage.counters { $0.requestCount(lane: 1, code: 200) == 2 }
            busy.release()
            let texts = try clients.map { try $0.answer().text }
            #expect(texts.sorted() == ["/", "y", "y"])
            for client in clients { client.close() }
            await stage.endWithoutPlaces()
        }
    }
}

extension Stage {
    /// Lets the targets at these ports stand so, and all others soundly.
    func stand(_ standings: [UInt16: TargetStanding]) async {
        let acknowledgement = await plane.changeStandings { target, standing in
            standing = standings[target.address.port] ?? TargetStanding()
        }
        if !acknowledgement.pendingWorkers.isEmpty { await settle() }
    }
}
