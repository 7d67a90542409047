import Foundation
import Kernel
import Proxy
import Settings
import Telemetry
import Testing

extension LiveTests {
    /// The access log's file: opened, given another name, changed, full, stuck.
    @Suite
    struct AccessLogFileTests {
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        @Test
        func `a path that cannot be opened refuses the start and a reload`() async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            for name in ["no/such/folder/log", "."] {
                await #expect(throws: DataPlaneError.self) {
                    try await Stage([[origin.port]], accessLog: folder.settings(name))
                }
            }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            let bad = Stage.snapshot([[origin.port]], accessLog: folder.settings("no/log"))
            let error = await #expect(throws: DataPlaneError.self) { try await stage.apply(bad) }
            #expect(
                error?.description
                    == "access_log: cannot open \(folder["no/log"]): No such file or directory")
            // A pipe that nobody reads.
            try folder.makePipe("pipe")
            let unread = Stage.snapshot([[origin.port]], accessLog: folder.settings("pipe"))
            await #expect(throws: DataPlaneError.self) { try await stage.apply(unread) }
            #expect(stage.plane.accessLog.settings == folder.settings())
            try await request(stage, "/still")
            #expect(try await folder.entries(count: 1).map { $0["path"] } == ["/still"])
            await stage.end()
        }

        @Test
        func `a log that is opened for a reload that fails otherwise is not used`() async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            var bad = Stage.snapshot([[origin.port]], accessLog: folder.settings("other"))
            bad.listeners.append(
                ListenerSettings(
                    name: "taken", address: Stage.address(origin.port), split: "kong"))
            await #expect(throws: DataPlaneError.self) { try await stage.apply(bad) }
            try await request(stage, "/still")
            #expect(try await folder.entries(count: 1).map { $0["path"] } == ["/still"])
            #expect(folder.bytes("other").isEmpty)
            await stage.end()
        }

        @Test
        func `a file that is made is for its owner and group, one that is there grows`()
            async throws
        {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let mask = umask(0o177)
            defer { umask(mask) }
            for round in 1...2 {
                let stage = try await Stage([[origin.port]], accessLog: folder.settings())
                try await request(stage, "/\(round)")
                await stage.end()
                #expect(folder.lines().count == round)
            }
            #expect(try mode(folder["log"]) == 0o640)
            _ = unsafe chmod(folder["log"], 0o600)
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            await stage.end()
            #expect(try mode(folder["log"]) == 0o600)
        }

        @Test
        func `rotation under load loses no line and tears none`() async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(
                workers: 2, [[origin.port]], accessLog: folder.settings())
            let load = try LogLoad(stage.port)
            for round in 0..<10 {
                try await wait("for lines in the new file") { !folder.bytes().isEmpty }
                try folder.rename("log", to: "log.\(round)")
                #expect(await stage.plane.reopenAccessLog() == nil)
            }
            try await wait("for lines in the last file") { !folder.bytes().isEmpty }
            let sent = load.finish()
            await stage.end()
            let names = (0..<10).map { "log.\($0)" } + ["log"]
            let files = names.map { folder.lines($0) }
            let paths = try files.joined().map { try LogEntry($0)["path"] }
            #expect(paths.count == sent && Set(paths).count == sent)
            for name in names { #expect(folder.bytes(name).last == UInt8(ascii: "\n")) }
        }

        @Test
        func `a rotation that fails leaves the old file in use`() async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            try folder.rename("log", to: "old")
            _ = unsafe mkdir(folder["log"], 0o700)
            #expect(await stage.plane.reopenAccessLog() != nil)
            try await request(stage, "/a")
            #expect(try await folder.entries("old", count: 1).count == 1)
            await stage.end()
        }

        @Test
        func `other settings under load lose no line, wherever it goes`() async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage(
                workers: 2, [[origin.port]], accessLog: folder.settings("0"))
            let load = try LogLoad(stage.port)
            let formats = (1...12).map { $0.isMultiple(of: 3) ? "combined" : "json" }
            for (index, format) in formats.enumerated() {
                let before = load.count
                let settings = AccessLogSettings(
                    to: .file(folder["\(index + 1)"]), format: .init(rawValue: format) ?? .json)
                try await stage.apply(Stage.snapshot([[origin.port]], accessLog: settings))
                try await wait("for the load") { load.count >= before + 50 }
            }
            let sent = load.finish()
            await stage.end()
            var count = folder.lines("0").count
            for (index, format) in formats.enumerated() {
                let lines = folder.lines("\(index + 1)")
                count += lines.count
                let isRight = lines.allSatisfy { $0.hasPrefix("{") == (format == "json") }
                #expect(!lines.isEmpty && isRight)
            }
            #expect(count == sent)
            #expect(stage.plane.accessLog.writtenLines == sent)
        }

        @Test
        func `the log turns on and off in the middle of exchanges`() async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage([[target.port]])
            let off = Stage.snapshot([[target.port]])
            let on = Stage.snapshot([[target.port]], accessLog: folder.settings())
            // Begun while it was off: no line. Begun while on, ended while off: none. Begun while
            // it was on, ended after a pause: none either. Begun and ended while on: one.
            for (number, changes) in [[on], [off], [on], [off, on], [], [off]].enumerated() {
                let client = try stage.client()
                client.send("GET /\(number) HTTP/1.1\r\nHost: h\r\n\r\n")
                let upstream = try target.accept()
                _ = try upstream.request()
                for snapshot in changes { try await stage.apply(snapshot) }
                upstream.send(Self.ok)
                #expect(try client.answer().status == 200)
                upstream.close()
                client.close()
                await stage.counters { $0.connectionCounts(upstream: 0) == (0, 0) }
            }
            await stage.end()
            #expect(try folder.lines().map { try LogEntry($0)["path"] } == ["/4"])
        }

        @Test
        func `an exchange that began under one file ends in the next`() async throws {
            let folder = try LogFolder()
            let target = try Target()
            let stage = try await Stage([[target.port]], accessLog: folder.settings("a"))
            let client = try stage.client()
            client.send("GET /moves HTTP/1.1\r\nHost: h\r\nUser-Agent: me\r\n\r\n")
            let upstream = try target.accept()
            _ = try upstream.request()
            try await stage.apply(
                Stage.snapshot([[target.port]], accessLog: folder.settings("b", as: .combined)))
            upstream.send(Self.ok)
            _ = try client.answer()
            client.close()
            await stage.end()
            #expect(folder.lines("a").isEmpty)
            #expect(
                folder.lines("b").first?.hasSuffix(#""GET /moves HTTP/1.1" 200 2 "-" "me""#) == true
            )
        }

        @Test
        func `a full disk costs no request, is told, and is tried again`() async throws {
            let folder = try LogFolder()
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let full = AccessLogSettings(to: .file("/dev/full"))
            let stage = try await Stage([[origin.port]], accessLog: full)
            try await request(stage, "/1")
            try await wait("for a second error") { stage.plane.accessLog.errorCount >= 2 }
            let report = stage.plane.accessLog
            #expect(report.fault == .failed(.noSpace) && report.writtenLines == 0)
            #expect(report.waitingLines == 1)
            try await stage.apply(
                Stage.snapshot([[origin.port]], accessLog: folder.settings()))
            #expect(stage.plane.accessLog.fault == nil)
            try await request(stage, "/2")
            #expect(try await folder.entries(count: 1).map { $0["path"] } == ["/2"])
            let counters = await stage.counters(until: stage.isAtRest)
            #expect(counters.downstreamRequestCount(listener: 0, code: 200) == 2)
            // The line that the full disk did not take is lost in the end, and that is told.
            #expect(await stage.plane.stop() == 1)
        }

        @Test
        func `a reader who stops reading costs lines, not requests`() async throws {
            let folder = try LogFolder()
            try folder.makePipe("pipe")
            let reader = folder.openToRead("pipe")
            defer { close(reader) }
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings("pipe"))
            // More than 64 blocks and the pipe hold.
            let agent = String(repeating: "a", count: 1_024)
            let path = "/" + String(repeating: "p", count: 4_000)
            let client = try stage.client()
            var sent = 0
            while await stage.plane.counters().droppedLogLines < 100 {
                for _ in 0..<100 {
                    client.send("GET \(path) HTTP/1.1\r\nHost: h\r\nUser-Agent: \(agent)\r\n\r\n")
                    #expect(try client.answer().status == 200)
                }
                sent += 100
                // Far more than there is room for.
                try #require(sent < 10_000)
            }
            client.close()
            // Now somebody reads: all lines that were not dropped come, each of them whole.
            let text = try await readAll(reader) {
                stage.plane.accessLog.waitingLines == 0
            }
            let dropped = await stage.plane.counters().droppedLogLines
            try await request(stage, "/last")
            let rest = try await readAll(reader) {
                stage.plane.accessLog.writtenLines == sent - dropped + 1
            }
            let lines = (text + rest).split(separator: UInt8(ascii: "\n"))
            #expect(lines.count == sent - dropped + 1)
            for line in lines { _ = try LogEntry(String(decoding: line, as: UTF8.self)) }
            let report = stage.plane.accessLog
            #expect(report.fault == nil && report.errorCount == 0)
            await stage.end()
        }

        @Test
        func `a line that is half in a stuck pipe is whole in the file that follows`()
            async throws
        {
            let folder = try LogFolder()
            try folder.makePipe("log")
            let reader = folder.openToRead("log")
            defer { close(reader) }
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings())
            // Each line, its quotes escaped, is three pieces of the sixteen that a pipe holds.
            let filling = String(repeating: "\"", count: 4_000)
            let agent = String(repeating: "a", count: 1_000)
            let client = try stage.client()
            for number in 0..<40 {
                client.send(
                    "GET /\(number)/\(filling) HTTP/1.1\r\nHost: h\r\nUser-Agent: \(agent)\r\n\r\n")
                #expect(try client.answer().status == 200)
            }
            client.close()
            try await wait("for the pipe to be stuck") { stage.plane.accessLog.fault == .stuck }
            try folder.rename("log", to: "pipe")
            #expect(await stage.plane.reopenAccessLog() == nil)
            try await wait("for the rest") { stage.plane.accessLog.waitingLines == 0 }
            await stage.end()
            let inPipe = try await readAll(reader) { true }
            #expect(inPipe.last != UInt8(ascii: "\n"))
            let whole = inPipe.split(separator: UInt8(ascii: "\n")).dropLast()
            let lines = whole.map { String(decoding: $0, as: UTF8.self) } + folder.lines()
            let paths = try lines.map { try LogEntry($0)["path"] }
            #expect(!whole.isEmpty && paths == (0..<40).map { "/\($0)/\(filling)" })
        }

        @Test
        func `a reader who goes away and comes back gets the lines`() async throws {
            let folder = try LogFolder()
            try folder.makePipe("pipe")
            let first = folder.openToRead("pipe")
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings("pipe"))
            close(first)
            try await request(stage, "/nobody")
            try await wait("for an error") { stage.plane.accessLog.errorCount > 0 }
            #expect(stage.plane.accessLog.fault == .failed(.brokenPipe))
            let second = folder.openToRead("pipe")
            defer { close(second) }
            let text = try await readAll(second) { stage.plane.accessLog.writtenLines == 1 }
            #expect(try LogEntry(String(decoding: text, as: UTF8.self))["path"] == "/nobody")
            #expect(stage.plane.accessLog.fault == nil)
            await stage.end()
        }

        @Test
        func `a stuck log says so and does not hold up the end`() async throws {
            let folder = try LogFolder()
            try folder.makePipe("pipe")
            let reader = folder.openToRead("pipe")
            defer { close(reader) }
            let origin = try Origin { _ in Self.ok }
            defer { origin.stop() }
            let stage = try await Stage([[origin.port]], accessLog: folder.settings("pipe"))
            // More than a pipe holds.
            let path = "/" + String(repeating: "p", count: 4_000)
            for _ in 0..<40 { try await request(stage, path) }
            try await wait("for a fault") { stage.plane.accessLog.fault != nil }
            #expect(stage.plane.accessLog.fault == .stuck)
            let before = Instant.now()
            #expect(await stage.plane.stop() > 0)
            #expect(Instant.now().since(before) < 10_000_000_000)
        }

        private func request(_ stage: Stage, _ path: String) async throws {
            let client = try stage.client()
            client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try client.answer().status == 200)
            client.close()
        }

        private func mode(_ path: String) throws -> Int? {
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            return facts[.posixPermissions] as? Int
        }

        /// Reads a pipe until nothing is in it any more and the condition holds.
        private func readAll(_ reader: Int32, until isDone: () -> Bool) async throws -> [UInt8] {
            var text: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let deadline = Instant.now().advanced(byMilliseconds: Peer.patienceMilliseconds)
            while Instant.now() < deadline {
                let wasDone = isDone()
                let count = unsafe read(reader, &chunk, chunk.count)
                if count > 0 { text += chunk[..<count] } else if wasDone { return text }
                await Task.yield()
            }
            throw Peer.Failure(what: "the pipe never ran dry")
        }
    }
}

/// Requests without a pause over a few connections, each with a path of its own.
final class LogLoad: Sendable {
    private struct State {
        var isOver = false
        var running = 0
        var count = 0
    }

    private let state = Lock(State())

    init(_ port: UInt16, connections: Int = 3) throws {
        for number in 0..<connections {
            state.withLock { $0.running += 1 }
            let state = state
            try WorkerThread.start(name: "log-load") {
                defer { state.withLock { $0.running -= 1 } }
                guard let client = try? Peer(connectingTo: port) else { return }
                var round = 0
                while !state.withLock({ $0.isOver }) {
                    client.send("GET /\(number)/\(round) HTTP/1.1\r\nHost: h\r\n\r\n")
                    guard (try? client.answer().status) == 200 else { return }
                    round += 1
                    state.withLock { $0.count += 1 }
                }
                client.close()
            }
        }
    }

    /// Requests that were answered so far.
    var count: Int { state.withLock { $0.count } }

    /// Ends it; how many requests were answered.
    func finish() -> Int {
        state.withLock { $0.isOver = true }
        while state.withLock({ $0.running > 0 }) {}
        return count
    }
}
