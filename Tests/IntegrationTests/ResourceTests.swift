import Foundation
import Testing

/// Memory and time that a proxy may take.
@Suite(.serialized, .ownThreads)
struct ResourceTests {
    @Test func `a client that does not read holds the upstream up, not the memory`() throws {
        let piece = Sample.bytes(1 << 20)
        let x = try ScriptedUpstream { wire, _ in
            _ = try wire.takeRequest()
            try wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 30)\r\n\r\n")
            let taken = try wire.sendUntilFull(piece, waiting: 1)
            // What did not go through belongs to the answer: the client sees it break off.
            try Data("\(taken)".utf8).write(to: Self.file)
        }
        try? FileManager.default.removeItem(at: Self.file)
        defer { try? FileManager.default.removeItem(at: Self.file) }
        let sluice = try Sluice(Settings(x: x.port))
        let before = try sluice.memory()
        let client = try Wire(port: sluice.port, receiveBytes: 65_536)
        try client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        let isHeldUp = eventually {
            FileManager.default.fileExists(atPath: Self.file.path)
        }
        #expect(isHeldUp)
        let taken = try Int(String(contentsOf: Self.file, encoding: .utf8)) ?? 0
        // The kernel's own buffers take some MiB on each side.
        #expect(taken < 64 << 20)
        #expect(try sluice.memory() - before < 8 << 20)
        withExtendedLifetime(client) {}
    }

    @Test func `an upstream that does not read holds the client up, not the memory`() throws {
        let gate = Gate()
        let x = try ScriptedUpstream { wire, _ in
            _ = try wire.takeHead()
            gate.wait()
        }
        let sluice = try Sluice(Settings(x: x.port))
        let before = try sluice.memory()
        let client = try sluice.connect()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: \(1 << 30)\r\n\r\n")
        let taken = try client.sendUntilFull(Sample.bytes(1 << 20), waiting: 1)
        #expect(taken < 64 << 20)
        #expect(try sluice.memory() - before < 8 << 20)
        gate.open()
    }

    @Test func `ten thousand idle connections use no time`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        let clients = try (1...Self.idleConnections).map { _ in try sluice.connect() }
        for client in clients.prefix(100) { #expect(try client.get().status == 200) }
        let connections = { try sluice.metrics().sum("sluice_downstream_connections") }
        #expect(try eventually { try connections() == clients.count })
        #expect(try sluice.isCalm(milliseconds: 20))
        withExtendedLifetime(clients) {}
    }

    /// 10,000, where this process may open so many.
    static let idleConnections: Int = {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return min(10_000, Int(limit.rlim_cur) - 1_000)
    }()

    private static let file = FileManager.default.temporaryDirectory
        .appendingPathComponent("sluice-taken-\(UInt64.random(in: 0...UInt64.max))")
}

extension Sluice {
    /// Resident bytes.
    func memory() throws -> Int {
        let pid = child?.pid ?? 0
        let text = try String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * Int(getpagesize())
    }

    /// Whether there are two seconds of the wall clock in which it takes no more time than that.
    /// The first ones may hold the rest of what was before.
    func isCalm(milliseconds: Int) throws -> Bool {
        for _ in 1...10 {
            let before = try cpuMilliseconds()
            _ = eventually(within: 2) { false }
            if try cpuMilliseconds() - before <= milliseconds { return true }
        }
        return false
    }

    /// User and system time of all threads: from the scheduler, which counts nanoseconds.
    func cpuMilliseconds() throws -> Int {
        let folder = "/proc/\(child?.pid ?? 0)/task"
        let threads = try FileManager.default.contentsOfDirectory(atPath: folder)
        let nanoseconds = threads.map { thread in
            let text = try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8)
            return text?.split(separator: " ").first.flatMap { Int($0) } ?? 0
        }
        return nanoseconds.reduce(0, +) / 1_000_000
    }
}
