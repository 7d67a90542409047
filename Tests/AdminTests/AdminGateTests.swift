import Admin
import Hummingbird
import Kernel
import Logging
import Settings
import Testing

/// Who gets in at the admin address, over HTTP as clients speak it.
@Suite struct AdminGateTests {
    private static let write = "0123456789abcdef-write"
    private static let read = "0123456789abcdef-read"

    /// An admin address, at a socket of its own, and what it belongs to.
    private struct Door {
        let folder: TemporaryFolder
        let bench: Bench
        let operation: Operation
        let path: String

        /// The status and the text of an answer.
        func ask(
            _ line: String, _ fields: [String] = [], _ body: String = ""
        ) async throws -> (status: Int, text: String) {
            let socket = try UnixSocket.connect(path: path)
            socket.setTimeout(milliseconds: 1)
            let hasHost = fields.contains { $0.lowercased().hasPrefix("host:") }
            let lines =
                [line + " HTTP/1.1"] + (hasHost ? [] : ["Host: 127.0.0.1:9901"]) + fields
                + ["Connection: close", "Content-Length: \(body.utf8.count)"]
            try socket.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
            var received: [UInt8] = []
            try await wait("\(line) is answered") { AdminGateTests.isEnded(socket, &received) }
            let text = String(decoding: received, as: UTF8.self)
            return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0, text)
        }
    }

    private static func door(
        patience: ControlPatience = ControlPatience(),
        _ change: (inout AdminSettings) -> Void = { _ in }
    ) async throws -> Door {
        let folder = try TemporaryFolder()
        let bench = try Bench()
        try folder.write(write + "\n", to: "write.token")
        // The file of this one has its hash only.
        try folder.write(TokenCommand.line(of: read) + "\n", to: "read.token")
        var admin = AdminSettings(
            address: AddressSetting(host: .name("sluice.test"), port: 1),
            tokens: [
                TokenSetting(name: "ops", file: "\(folder.path)/write.token"),
                TokenSetting(name: "wall", file: "\(folder.path)/read.token", role: .read),
            ])
        change(&admin)
        var snapshot = bench.snapshot
        snapshot.admin = admin
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let operation = Operation(
            snapshot, plane: bench.plane, keeper: bench.keeper, logger: logger)
        try await operation.start(text: WeightsText.read(snapshot, files: DiskFiles.read))
        let path = "\(folder.path)/a.sock"
        let (starts, start) = AsyncStream<Void>.makeStream()
        let application = try ControlServer.application(
            ControlAPI(operation, access: .readOnly), at: .unixDomainSocket(path: path),
            logger: logger, patience: patience, onServerRunning: { _ in start.yield(()) })
        Task.detached { try? await application.run() }
        for await _ in starts { break }
        return Door(folder: folder, bench: bench, operation: operation, path: path)
    }

    private static let body = #"{"weights": {"x": 1, "y": 1}}"#
    private static let put = "PUT /v1/splits/kong"
    private static let json = "Content-Type: application/json"
    private static let good = "Authorization: Bearer \(write)"

    /// A request line, its fields, and the status that it gets.
    private static let requests: [(String, [String], Int)] = [
        (put, [good, json], 200),
        (put, [good, "Content-Type: Application/JSON; charset=utf-8"], 200),
        (put, [json], 401),
        (put, ["Authorization: Bearer nobody-has-this-one", json], 401),
        (put, ["Authorization: Basic \(write)", json], 401),
        (put, ["Authorization: Bearer \(read)", json], 403),
        // The hash of a token is no token.
        (put, ["Authorization: Bearer \(TokenCommand.line(of: read))", json], 401),
        // What a form of another page can send.
        (put, [good], 415),
        (put, [good, "Content-Type: text/plain"], 415),
        (put, [good, "Content-Type: application/x-www-form-urlencoded"], 415),
        (put, [good, "Content-Type: application/jsonp"], 415),
        // Where it comes from.
        (put, [good, json, "Origin: http://127.0.0.1:9901"], 200),
        (put, [good, json, "Origin: http://evil.test"], 403),
        (put, [good, json, "Origin: http://127.0.0.1:9902"], 403),
        (put, [good, json, "Origin: null"], 403),
        (put, [good, json, "Sec-Fetch-Site: same-origin"], 200),
        (put, [good, json, "Sec-Fetch-Site: none"], 200),
        (put, [good, json, "Sec-Fetch-Site: same-site"], 403),
        (put, [good, json, "Sec-Fetch-Site: cross-site"], 403),
        // By which name.
        (put, [good, json, "Host: evil.test"], 421),
        ("GET /v1/status", ["Host: evil.test"], 421),
        ("GET /", ["Host: evil.test:9901"], 421),
        ("GET /v1/dashboard/stream", ["Host: evil.test"], 421),
        ("GET /v1/status", ["Host: sluice.test:9901"], 200),
        ("GET /v1/status", ["Host: localhost"], 200),
        ("GET /v1/status", ["Host: [::1]:9901"], 200),
        ("GET /metrics", ["Host: evil.test"], 200),
        ("GET /healthz", ["Host: evil.test"], 200),
        ("GET /readyz", ["Host: evil.test"], 200),
        // The host of a whole address counts, not Host; and there is one Host.
        ("GET http://evil.test/v1/status", [], 421),
        ("GET http://evil.test:9901", [], 421),
        ("GET http://ops@evil.test/v1/status", [], 421),
        ("GET http://127.0.0.1:9901/v1/status", ["Host: evil.test"], 200),
        ("GET /v1/status", ["Host: 127.0.0.1", "Host: evil.test"], 400),
        ("GET /metrics", ["Host: 127.0.0.1", "Host: 127.0.0.1"], 400),
        ("GET http://127.0.0.1/v1/status", ["Host: 127.0.0.1", "Host: a.test"], 400),
        // Who looks needs no token, and a wrong one does no harm.
        ("GET /v1/splits", [], 200),
        ("GET /v1/splits", ["Authorization: Bearer nobody-has-this-one"], 200),
        ("GET /v1/access", [], 200),
        ("GET /v1/access", ["Authorization: Bearer nobody-has-this-one"], 401),
        ("GET /v1/access", ["Authorization: Bearer \(read)"], 200),
    ]

    @Test func `each request is let in or told why not`() async throws {
        for (line, fields, status) in Self.requests {
            // A door of its own for each: wrong tokens add up.
            let door = try await Self.door()
            let answer = try await door.ask(line, fields, line == Self.put ? Self.body : "")
            #expect(answer.status == status, "\(line) \(fields): \(answer.text)")
            if status >= 400 {
                #expect(answer.text.contains("\"error\""), "\(line) \(fields)")
                #expect(await door.bench.generation == 1, "\(line) \(fields)")
            }
            #expect(!answer.text.contains(Self.write) && !answer.text.contains(Self.read))
        }
    }

    @Test func `browsers are told to run and to ask nothing else`() async throws {
        let door = try await Self.door()
        for line in ["GET /", "GET /v1/status", "GET /nothing", "GET /v1/access"] {
            let text = try await door.ask(line).text
            #expect(text.contains("Content-Security-Policy: default-src 'none';"), "\(line)")
            #expect(text.contains("frame-ancestors 'none'"), "\(line)")
            #expect(text.contains("X-Content-Type-Options: nosniff"), "\(line)")
            #expect(!text.contains("Access-Control-Allow"), "\(line)")
            #expect(!text.contains("unsafe-inline"), "\(line)")
        }
    }

    @Test func `where reading needs a token, only scrapers and the page's files are open`()
        async throws
    {
        let door = try await Self.door { $0.readers = .token }
        for (line, open) in [
            ("GET /v1/status", 401), ("GET /v1/dashboard", 401), ("GET /v1/access", 401),
            ("GET /v1/dashboard/stream", 401), ("GET /", 200), ("GET /dashboard/main.js", 200),
            ("GET /metrics", 200), ("GET /healthz", 200),
        ] {
            #expect(try await door.ask(line).status == open, "\(line)")
            guard line != "GET /v1/dashboard/stream" else { continue }
            let holder = try await door.ask(line, ["Authorization: Bearer \(Self.read)"])
            #expect(holder.status == 200, "\(line): \(holder.text)")
        }
    }

    @Test func `whoever guesses tokens is not listened to for a while`() async throws {
        let door = try await Self.door()
        var (refused, isShut) = (0, false)
        // On a slow machine the first ones are forgotten meanwhile.
        while !isShut, refused < 500 {
            let wrong = try await door.ask(
                "GET /v1/access", ["Authorization: Bearer nobody-has-this-one"])
            #expect(wrong.status == 401 || refused >= 10 && wrong.status == 429)
            refused += 1
            guard refused >= 10 else { continue }
            let late = try await door.ask("GET /v1/access", [Self.good])
            isShut = late.status == 429 && late.text.contains("\r\nRetry-After: ")
            if isShut { refused += 1 }
        }
        #expect(isShut)
        #expect(try await door.ask("GET /v1/status").status == 200)
        let page = String(
            decoding: await ControlAPI(door.operation, access: .full).metrics().body,
            as: UTF8.self)
        #expect(page.contains("\nsluice_admin_tokens_refused_total \(refused)\n"))
    }

    /// Whether the other end is gone; reads what has come. It never holds up the thread, which the
    /// server needs too.
    private static func isEnded(
        _ socket: borrowing BlockingSocket, _ received: inout [UInt8]
    ) -> Bool {
        do throws(Errno) {
            return try !socket.receive(into: &received)
        } catch {
            return error != .timedOut
        }
    }

    /// Reads until something has come.
    private static func hear(
        _ text: String, _ socket: borrowing BlockingSocket, _ received: inout [UInt8]
    ) async throws {
        try await wait(text) {
            isEnded(socket, &received) || String(decoding: received, as: UTF8.self).contains(text)
        }
        #expect(String(decoding: received, as: UTF8.self).contains(text))
    }

    private static let stream =
        Array("GET /v1/dashboard/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)

    @Test func `a stream goes on for longer than an answer may take`() async throws {
        var patience = ControlPatience()
        patience.answerSeconds = 0.1
        patience.headSeconds = 0.3
        let door = try await Self.door(patience: patience)
        let socket = try UnixSocket.connect(path: door.path)
        socket.setTimeout(milliseconds: 1)
        try socket.send(Self.stream)
        var received: [UInt8] = []
        try await Self.hear("text/event-stream", socket, &received)
        try await Self.hear("data: {", socket, &received)
        // Another one, that came later, runs out of a longer time.
        let late = try UnixSocket.connect(path: door.path)
        late.setTimeout(milliseconds: 1)
        var nothing: [UInt8] = []
        try await wait("it is gone") { Self.isEnded(late, &nothing) }
        await door.operation.dashboard.tell(Array("data: more\n\n".utf8))
        try await Self.hear("data: more", socket, &received)
    }

    @Test func `who does not take a stream is gone`() async throws {
        var patience = ControlPatience()
        patience.answerSeconds = 0.1
        let door = try await Self.door(patience: patience)
        let socket = try UnixSocket.connect(path: door.path)
        socket.setTimeout(milliseconds: 1)
        try socket.send(Self.stream)
        let dashboard = door.operation.dashboard
        try await wait("it listens") { await dashboard.isWatched }
        let much = [UInt8](repeating: 0x20, count: 1 << 20)
        try await wait("it is dropped") {
            await dashboard.tell(much)
            return await !dashboard.isWatched
        }
        // What was on its way still comes, and then the end.
        var received: [UInt8] = []
        try await wait("it is gone") {
            received = []
            return Self.isEnded(socket, &received)
        }
    }

    @Test func `without tokens nothing can be changed, whatever is shown`() async throws {
        let door = try await Self.door { $0.tokens = [] }
        for fields in [[Self.json], [Self.json, Self.good]] {
            #expect(try await door.ask(Self.put, fields, Self.body).status == 403)
        }
        let access = try await door.ask("GET /v1/access", [Self.good])
        #expect(access.status == 200 && access.text.contains(#""role": "none""#))
        // The page asks for none then.
        let now = "GET /v1/dashboard/now"
        #expect(try await door.ask(now).text.contains(#""controls": false"#))
        #expect(try await Self.door().ask(now).text.contains(#""controls": true"#))
    }

    @Test(arguments: [
        ("localhost", true), ("localhost:9901", true), ("LOCALHOST", true), ("a.localhost", true),
        ("127.0.0.1", true), ("127.0.0.1:1", true), ("10.1.2.3:9901", true), ("[::1]", true),
        ("[2001:db8::1]:80", true), ("sluice.test", true), ("Sluice.Test.:80", true),
        ("more.test", true), ("evil.test", false), ("sluice.test.evil.test", false),
        ("localhost.evil.test", false), ("xlocalhost", false), ("", false),
        ("127.0.0.1.evil", false),
        ("127.0.0.1:x", false), ("[::1", false), ("[evil.test]", false), ("[::1]x", false),
        ("localhost:99999", false), ("evil.test#localhost", false), ("0x7f000001", false),
    ])
    func `a host is one of its own or not`(host: String, isOwn: Bool) {
        var settings = AdminSettings(
            address: AddressSetting(host: .name("sluice.test"), port: 1))
        settings.hosts = ["more.test"]
        #expect(AdminRules(settings).isOwn(host: host) == isOwn, "\(host)")
    }
}
