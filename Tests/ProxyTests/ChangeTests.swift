import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// What changes while traffic flows: snapshots, weights, and the end.
    @Suite
    struct ChangeTests {
        private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

        private func origin(_ name: String) throws -> Origin {
            try Origin { _ in "HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)"
            }
        }

        @Test(arguments: [1, 4])
        func `exchanges and connections outlive every change of the snapshot`(
            workers: Int
        ) async throws {
            let x = try origin("x")
            let y = try origin("y")
            let held = try Target()
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage(workers: workers, [[held.port]])
            let waiting = try stage.client()
            waiting.send(Self.get)
            let upstream = try held.accept()
            // One that still connects would go on elsewhere.
            _ = try upstream.request()
            let client = try stage.client()
            for ports in [
                [[x.port]], [[x.port], [y.port]], [[y.port]], [[y.port, x.port], [x.port]],
            ] {
                try await stage.apply(Stage.snapshot(ports))
                for _ in 0..<20 {
                    client.send(Self.get)
                    #expect(try client.answer().status == 200)
                }
            }
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nheld")
            #expect(try waiting.answer().text == "held")
            // Its target is gone from the snapshot: it is not pooled.
            #expect(upstream.receiveAll() != .late)
            for peer in [waiting, client] { peer.close() }
            await stage.end()
        }

        @Test
        func `listeners come and go, and those that stay keep their port`() async throws {
            let x = try origin("x")
            defer { x.stop() }
            let stage = try await Stage(workers: 2, [[x.port]])
            let client = try stage.client()
            try await stage.apply(Stage.snapshot([[x.port]], listeners: ["api", "second"]))
            let ports = stage.plane.boundListeners.map(\.address.port)
            #expect(ports.count == 2)
            #expect(ports.first == stage.port)
            let other = try Peer(connectingTo: ports[1])
            other.send(Self.get)
            #expect(try other.answer().text == "x")
            try await stage.apply(Stage.snapshot([[x.port]], listeners: ["second"]))
            #expect(throws: Errno.connectionRefused) { try Peer(connectingTo: stage.port) }
            // A connection that was accepted by a listener that is gone is served to its end.
            for peer in [client, other] {
                peer.send(Self.get)
                #expect(try peer.answer().text == "x")
                peer.close()
            }
            await stage.end()
        }

        @Test
        func `a snapshot that cannot be bound changes nothing`() async throws {
            let x = try origin("x")
            defer { x.stop() }
            let stage = try await Stage([[x.port]])
            let before = stage.plane.boundListeners
            let taken = Snapshot(
                listeners: [
                    ListenerSettings(name: "new", address: Stage.address(0), split: "kong"),
                    ListenerSettings(name: "taken", address: Stage.address(x.port), split: "kong"),
                ],
                upstreams: Stage.snapshot([[x.port]]).upstreams,
                splits: Stage.snapshot([[x.port]]).splits)
            await #expect(throws: DataPlaneError.self) { _ = try await stage.plane.apply(taken) }
            #expect(stage.plane.boundListeners == before)
            let client = try stage.client()
            client.send(Self.get)
            #expect(try client.answer().text == "x")
            client.close()
            await stage.end()
        }

        @Test
        func `after a change of weights nothing is routed by the old ones`() async throws {
            let x = try origin("x")
            let y = try origin("y")
            defer { for origin in [x, y] { origin.stop() } }
            let stage = try await Stage(workers: 4, [[x.port], [y.port]], weights: [1, 0])
            let clients = try (0..<16).map { _ in try stage.client() }
            for round in 0..<20 {
                let isX = round.isMultiple(of: 2)
                await stage.setWeights(isX ? [1, 0] : [0, 1])
                for client in clients { client.send(Self.get) }
                for client in clients { #expect(try client.answer().text == (isX ? "x" : "y")) }
            }
            for client in clients { client.close() }
            await stage.end()
        }

        @Test
        func `a drain answers what was asked, says that it closes, and lets the rest go`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage(workers: 2, [[target.port]])
            let idle = try stage.client()
            let busy = try stage.client()
            busy.send(Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            await stage.plane.stopAccepting()
            #expect(throws: Errno.connectionRefused) { try stage.client() }
            #expect(await stage.plane.drain(milliseconds: 0) == 1)
            #expect(idle.receiveAll() == .ended)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            let answer = try busy.answer()
            #expect(answer.text == "ok")
            #expect(answer["connection"] == "close")
            #expect(busy.receiveAll() == .ended)
            #expect(await stage.plane.drain(milliseconds: 20_000) == 0)
            await stage.end()
        }

        @Test
        func `a request that was sent behind another is answered although a drain began`()
            async throws
        {
            let target = try Target()
            let stage = try await Stage([[target.port]])
            for _ in 0..<20 {
                let client = try stage.client()
                client.send(Self.get + Self.get)
                let upstream = try target.accept()
                _ = try upstream.request()
                upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")
                #expect(try client.answer().text == "one")
                _ = try upstream.request()
                upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo")
                #expect(try client.answer().text == "two")
                upstream.close()
                client.close()
                await stage.settle()
            }
            let client = try stage.client()
            client.send(Self.get + Self.get)
            let upstream = try target.accept()
            _ = try upstream.request()
            async let left = stage.plane.drain(milliseconds: 20_000)
            upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            let first = try client.answer()
            if first["connection"] != "close" {
                let second = try target.accept()
                _ = try second.request()
                second.send("HTTP/1.1 204 No Content\r\n\r\n")
                #expect(try client.answer().status == 204)
            }
            #expect(await left == 0)
            #expect(client.receiveAll() == .ended)
            await stage.end()
        }

        @Test
        func `a stop closes everything, whatever is under way`() async throws {
            let target = try Target()
            let stage = try await Stage(workers: 2, [[target.port]])
            let clients = try (0..<10).map { _ in try stage.client() }
            for client in clients {
                client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1")
            }
            let upstreams = try clients.map { _ in try target.accept() }
            await stage.plane.stop()
            for peer in clients + upstreams { #expect(peer.receiveAll() != .late) }
        }
    }
}
