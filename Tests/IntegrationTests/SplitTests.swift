import Foundation
import Testing

/// The exact split, counted where the requests arrive.
@Suite(.serialized, .ownThreads)
struct SplitTests {
    @Test(arguments: [(90, 10), (1, 2), (3_725, 6_275)])
    func `the order on one connection keeps the split in every window`(x: Int, y: Int) throws {
        let (one, two) = (try Nginx("x"), try Nginx("y"))
        let weights = "{x: \(x), y: \(y)}"
        let sluice = try Sluice(Settings(x: one.port, y: two.port, weights: weights))
        let client = try sluice.connect()
        let request = Data("GET / HTTP/1.1\r\nHost: test\r\n\r\n".utf8)
        var order: [Bool] = []
        for _ in 1...100 {
            for _ in 1...100 { try client.send(request) }
            for _ in 1...100 { order.append(try client.takeResponse()["X-Upstream"] == "y") }
        }
        let share = Double(y) / Double(x + y)
        for window in [100, 1_000, 10_000] {
            let counts = Self.counts(order, window: window)
            let expected = Double(window) * share
            #expect(Double(counts.min() ?? -1) >= expected - 2, "window \(window)")
            #expect(Double(counts.max() ?? -1) <= expected + 2, "window \(window)")
        }
        // nginx writes a request down when its answer is on its way already.
        #expect(eventually { one.requestCount + two.requestCount == 10_000 })
    }

    @Test func `under load two nginx get exactly what the split says`() throws {
        let (x, y) = (try Nginx("x"), try Nginx("y"))
        let sluice = try Sluice(Settings(x: x.port, y: y.port))
        let wrk = try Wrk(port: sluice.port, connections: 64, seconds: Wrk.loadSeconds)
        let report = try wrk.report()
        #expect(!report.hasErrors, "\(report.text)")
        // wrk goes away in the middle of its last requests: they have been routed all the same.
        let isQuiet = try eventually { try sluice.metrics().sum("sluice_upstream_inflight") == 0 }
        #expect(isQuiet)
        let metrics = try sluice.metrics()
        let routed = { metrics.sum("sluice_split_routed_total", ["upstream": $0]) }
        let total = routed("x") + routed("y")
        #expect(total - report.requestCount <= 64)
        #expect(abs(Double(routed("y")) - Double(total) * 0.1) <= 2)
        #expect(metrics.sum("sluice_split_routed_total", ["by": "sequence"]) == total)
        // nginx may see less of those last requests, and never more.
        #expect(x.requestCount <= routed("x"))
        #expect(y.requestCount <= routed("y"))
        #expect(total - x.requestCount - y.requestCount <= 64)
    }

    @Test func `several splits and five upstreams keep their own counts`() throws {
        let names = ["a", "b", "c", "d", "e"]
        let upstreams = try names.map { try ScriptedUpstream(name: $0) }
        var settings = Settings(x: 1)
        settings.upstreams = zip(names, upstreams).map { ($0, [$1.port]) }
        settings.weights = "{a: 50, b: 25, c: 12.5, d: 12.5, e: 0}"
        let sluice = try Sluice(settings)
        let client = try sluice.connect()
        for _ in 1...800 { _ = try client.get() }
        let counts = upstreams.map(\.requests.count)
        for (count, expected) in zip(counts, [400, 200, 100, 100, 0]) {
            // 2 × (n − 1) with the four upstreams that have a share.
            #expect(abs(count - expected) <= (expected == 0 ? 0 : 6), "\(counts)")
        }
    }

    @Test func `connections are spread evenly over four workers`() throws {
        let x = try Nginx("x")
        var settings = Settings(x: x.port)
        settings.workers = 4
        let sluice = try Sluice(settings)
        let clients = try (1...1_000).map { _ in try sluice.connect() }
        // One after the other: each worker needs no more than one connection to nginx.
        for client in clients { #expect(try client.get().status == 200) }
        let pid = try #require(sluice.child?.pid)
        let counts = try Self.watchedPerEpoll(pid: pid)
        #expect(counts.count == 4)
        for count in counts { #expect((200...300).contains(count), "\(counts)") }
        withExtendedLifetime(clients) {}
    }

    /// How many of `true` are in each window of that length.
    static func counts(_ order: [Bool], window: Int) -> [Int] {
        var count = order.prefix(window).count { $0 }
        var counts = [count]
        for index in window..<max(window, order.count) {
            count += (order[index] ? 1 : 0) - (order[index - window] ? 1 : 0)
            counts.append(count)
        }
        return counts
    }

    /// Each worker waits on an epoll of its own: how many descriptors are in each.
    static func watchedPerEpoll(pid: pid_t) throws -> [Int] {
        let folder = "/proc/\(pid)/fdinfo"
        return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { name in
            // What the control plane had open a moment ago may be closed by now.
            let path = "\(folder)/\(name)"
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
            let watched = text.split(separator: "\n").count { $0.hasPrefix("tfd:") }
            return watched > 20 ? watched : nil
        }
    }
}
