import Admin
import Hummingbird
import Kernel
import Logging
import NIOCore
import Settings
import Testing

/// How long the server of the control API waits for a client.
@Suite struct ControlServerTests {
    /// A server that has no patience but where `change` gives it some; the path of its socket.
    private static func serve(
        in folder: TemporaryFolder, _ change: (inout ControlPatience) -> Void
    ) async throws -> String {
        let bench = try Bench()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let operation = Operation(
            bench.snapshot, plane: bench.plane, keeper: bench.keeper, logger: logger)
        try await operation.start(text: WeightsText.read(bench.snapshot, files: DiskFiles.read))
        var patience = ControlPatience()
        change(&patience)
        let path = "\(folder.path)/s.sock"
        let (starts, start) = AsyncStream<Void>.makeStream()
        let application = try ControlServer.application(
            ControlAPI(operation, access: .full), at: .unixDomainSocket(path: path),
            logger: logger, patience: patience, onServerRunning: { _ in start.yield(()) })
        // It serves to the end of the tests: a server that is cancelled while somebody connects
        // ends the process.
        Task.detached { try? await application.run() }
        for await _ in starts { break }
        return path
    }

    /// Whether the other end is gone. `more` is sent before the look; where nobody takes it any
    /// more, what was said before the end is read all the same.
    private static func isEnded(
        _ socket: borrowing BlockingSocket, _ received: inout [UInt8], sending more: String
    ) -> Bool {
        do throws(Errno) {
            if !more.isEmpty { try? socket.send(Array(more.utf8)) }
            return try !socket.receive(into: &received)
        } catch {
            return error != .timedOut
        }
    }

    private static let head = "GET /healthz HTTP/1.1\r\nHost: sluice\r\n"

    struct Laggard: Sendable {
        let what: String
        let text: String
        /// What goes on coming.
        var drip = ""
        /// Nil where both is right: it may be answered before the rest has come.
        let answers: Int?
        /// What it runs out of.
        let limit: @Sendable (inout ControlPatience) -> Void
    }

    private static let laggards = [
        Laggard(what: "says nothing", text: "", answers: 0) { $0.headSeconds = 0.1 },
        Laggard(what: "sends half a head", text: head, answers: 0) { $0.headSeconds = 0.1 },
        Laggard(what: "sends a head byte by byte", text: head + "X: ", drip: "a", answers: 0) {
            $0.headSeconds = 0.1
        },
        Laggard(what: "stays", text: head + "\r\n", answers: 1) { $0.idleSeconds = 0.1 },
        Laggard(what: "sends half of a next head", text: head + "\r\n" + head, answers: 1) {
            $0.idleSeconds = 0.1
        },
        Laggard(what: "sends a next head byte by byte", text: head + "\r\n", drip: "a", answers: 1)
        { $0.idleSeconds = 0.1 },
        Laggard(
            what: "sends half a body",
            text: "PUT /v1/splits HTTP/1.1\r\nHost: sluice\r\nContent-Length: 9\r\n\r\n{",
            answers: 0
        ) { $0.bodySeconds = 0.1 },
        Laggard(
            what: "sends a body without an end",
            text: head + "Transfer-Encoding: chunked\r\n\r\n", drip: "1\r\na\r\n", answers: nil
        ) { $0.bodySeconds = 0.1 },
    ]

    @Test(arguments: laggards.indices)
    func `who takes too long is gone`(index: Int) async throws {
        let laggard = Self.laggards[index]
        let folder = try TemporaryFolder()
        let path = try await Self.serve(in: folder, laggard.limit)
        let socket = try UnixSocket.connect(path: path)
        socket.setTimeout(milliseconds: 1)
        try socket.send(Array(laggard.text.utf8))
        var received: [UInt8] = []
        try await wait("who \(laggard.what) is gone") {
            Self.isEnded(socket, &received, sending: laggard.drip)
        }
        let answers = String(decoding: received, as: UTF8.self).split(separator: "HTTP/1.1 200")
        #expect(answers.count == laggard.answers ?? answers.count, "\(laggard.what)")
    }

    @Test func `who does not take its answers is gone`() async throws {
        let folder = try TemporaryFolder()
        let path = try await Self.serve(in: folder) { $0.answerSeconds = 0.1 }
        let socket = try UnixSocket.connect(path: path)
        socket.setTimeout(milliseconds: 1)
        // As many requests as it takes, and no look at an answer.
        let request = Array((Self.head + "\r\n").utf8)
        try await wait("the server has enough of it") {
            do throws(Errno) {
                try socket.send(request)
                return false
            } catch {
                return error != .timedOut
            }
        }
    }

    @Test(arguments: [
        ("HTTP/1.0", "", true), ("HTTP/1.0", "Connection: keep-alive\r\n", false),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", false), ("HTTP/1.1", "", false),
        ("HTTP/1.1", "Connection: Close\r\n", true),
        ("HTTP/1.1", "Connection: close, TE\r\n", true),
    ])
    func `a connection ends with its answer where its version and its words say so`(
        version: String, fields: String, isEnd: Bool
    ) async throws {
        let folder = try TemporaryFolder()
        let path = try await Self.serve(in: folder) { _ in }
        let socket = try UnixSocket.connect(path: path)
        socket.setTimeout(milliseconds: 1)
        let request = "GET /healthz \(version)\r\nHost: sluice\r\n\(fields)\r\n"
        try socket.send(Array(request.utf8))
        var received: [UInt8] = []
        if isEnd {
            try await wait("it is closed", seconds: 10) {
                Self.isEnded(socket, &received, sending: "")
            }
            #expect(String(decoding: received, as: UTF8.self).contains("200"))
        } else {
            // It is still there for another one.
            try await wait("the answer", seconds: 10) {
                #expect(!Self.isEnded(socket, &received, sending: ""))
                return String(decoding: received, as: UTF8.self).contains("\"ok\"")
            }
            try socket.send(Array(request.utf8))
            try await wait("another answer", seconds: 10) {
                #expect(!Self.isEnded(socket, &received, sending: ""))
                return String(decoding: received, as: UTF8.self)
                    .split(separator: "HTTP/1.1 200").count == 2
            }
        }
    }

    @Test func `who is quick enough may stay`() async throws {
        let folder = try TemporaryFolder()
        let path = try await Self.serve(in: folder) { $0.headSeconds = 3 }
        let socket = try UnixSocket.connect(path: path)
        socket.setTimeout(milliseconds: 1)
        try socket.send(Array((Self.head + "\r\n").utf8))
        var received: [UInt8] = []
        // Another one that came later runs out of time: this one has outlived its own.
        let late = try UnixSocket.connect(path: path)
        late.setTimeout(milliseconds: 1)
        var nothing: [UInt8] = []
        try await wait("who says nothing is gone") { Self.isEnded(late, &nothing, sending: "") }
        #expect(!Self.isEnded(socket, &received, sending: Self.head + "\r\n"))
    }

    /// Every path of the API, and the methods that it has.
    private static let methods = [
        ("/v1/status", "GET, HEAD"), ("/v1/splits", "GET, HEAD, PUT"),
        ("/v1/splits/kong", "GET, HEAD, PUT"), ("/v1/splits/kong/rollback", "POST"),
        ("/v1/rollback", "POST"), ("/v1/upstreams", "GET, HEAD"),
        ("/v1/upstreams/x", "GET, HEAD"), ("/v1/upstreams/x/drain", "POST"),
        ("/v1/upstreams/x/undrain", "POST"),
        ("/v1/splits/kong/freeze", "DELETE, GET, HEAD, PUT"),
        ("/v1/splits/kong/latch", "DELETE, PUT"), ("/v1/shift", "POST"),
        ("/v1/splits/kong/shift", "POST"), ("/v1/upgrades", "GET, HEAD"),
        ("/v1/upgrades/kong", "GET, HEAD, POST"), ("/v1/upgrades/kong/ack", "POST"),
        ("/v1/upgrades/kong/smoke", "POST"), ("/v1/upgrades/kong/finish", "POST"),
        ("/v1/upgrades/kong/done", "POST"), ("/v1/rollout", "GET, HEAD, POST"),
        ("/v1/rollout/history", "GET, HEAD"), ("/v1/rollout/pause", "POST"),
        ("/v1/rollout/resume", "POST"), ("/v1/rollout/approve", "POST"),
        ("/v1/rollout/abort", "POST"), ("/metrics", "GET, HEAD"), ("/healthz", "GET, HEAD"),
        ("/readyz", "GET, HEAD"), ("/v1/dashboard", "GET, HEAD"),
        ("/v1/dashboard/now", "GET, HEAD"), ("/v1/access", "GET, HEAD"),
    ]

    @Test func `a method that a path does not have is refused with those that it has`()
        async throws
    {
        let folder = try TemporaryFolder()
        let path = try await Self.serve(in: folder) { _ in }
        for (place, allowed) in Self.methods {
            let known = allowed.split(separator: ", ").map(String.init)
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "LINK"]
            where !known.contains(method) {
                let answer = try await Self.answer(path, method, place)
                #expect(answer.hasPrefix("HTTP/1.1 405 "), "\(method) \(place): \(answer)")
                let fields = answer.split(separator: "\r\n").filter { $0.hasPrefix("Allow:") }
                #expect(fields == ["Allow: \(allowed)"], "\(method) \(place)")
                if method != "HEAD" {
                    #expect(answer.contains("expected \(allowed)"), "\(method) \(place)")
                }
            }
            for method in known {
                let answer = try await Self.answer(path, method, place)
                #expect(!answer.hasPrefix("HTTP/1.1 405"), "\(method) \(place)")
            }
        }
        // What is not there is not there in any way.
        for place in ["/", "/v1", "/v1/rollout/stop", "/v1/splits/kong/x", "/v2/status", "/{name}"]
        {
            for method in ["GET", "PUT", "DELETE"] {
                let answer = try await Self.answer(path, method, place)
                #expect(answer.hasPrefix("HTTP/1.1 404 "), "\(method) \(place)")
            }
        }
    }

    @Test func `HEAD answers as GET does, without a body`() async throws {
        let folder = try TemporaryFolder()
        let path = try await Self.serve(in: folder) { _ in }
        for place in ["/healthz", "/metrics", "/v1/splits/kong"] {
            let answer = try await Self.answer(path, "HEAD", place)
            #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(place): \(answer)")
            #expect(answer.hasSuffix("\r\n\r\n"), "\(place): \(answer)")
        }
        #expect(try await Self.answer(path, "HEAD", "/v1/splits/none").hasPrefix("HTTP/1.1 404 "))
    }

    private static func answer(
        _ path: String, _ method: String, _ place: String
    ) async throws -> String {
        let socket = try UnixSocket.connect(path: path)
        socket.setTimeout(milliseconds: 1)
        let head = "\(method) \(place) HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n"
        try socket.send(Array(head.utf8))
        var received: [UInt8] = []
        try await wait("\(method) \(place) is answered") {
            Self.isEnded(socket, &received, sending: "")
        }
        return String(decoding: received, as: UTF8.self)
    }
}
