import Foundation
import Testing

/// What the upstream sees of a request, and the client of an answer.
@Suite(.ownThreads)
struct ForwardingTests {
    @Test func `target, Host and unknown fields pass byte for byte`() throws {
        let target = "/a//b/%7e%2F/../c;p=1?q=%20&r=a+b&&=?"
        let fields = [
            "Host: Example.COM:8080", "x-Mixed-CASE:  spaced \t value", "under_score: 1",
            "X-Empty:", "Cookie: a=1; b=\"2\"", "Cookie: c=3", "X-Bytes: \u{e4}\u{f6}",
            "Accept: */*", "Authorization: Basic abc=",
        ]
        let request = try forwarded(target: target, fields: fields)
        #expect(request.startLine == "GET \(target) HTTP/1.1")
        for field in fields { #expect(request.fieldLines.contains(field)) }
        let own = request.fieldLines.filter { !fields.contains($0) }
        let names = own.map { $0.prefix { $0 != ":" } }
        #expect(
            names.sorted() == [
                "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto",
                "X-Real-IP", "X-Request-Id",
            ])
    }

    @Test func `fields of one connection only go no further`() throws {
        let request = try forwarded(fields: [
            "Host: test", "Connection: keep-alive, X-Private, x-other", "X-Private: 1",
            "X-OTHER: 2", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive",
            "TE: trailers", "Upgrade: h2c", "X-Kept: 3",
        ])
        let gone = [
            "Connection", "X-Private", "X-Other", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade",
        ]
        for name in gone { #expect(request.values(name).isEmpty, "\(name)") }
        #expect(request["X-Kept"] == "3")
    }

    @Test func `Connection cannot name what a request needs`() throws {
        let request = try forwarded(
            method: "POST",
            fields: [
                "Host: test", "Authorization: secret", "Content-Length: 2",
                "Connection: Host, Authorization, Content-Length, X-Forwarded-For, X-Real-IP",
            ], body: "ok")
        #expect(request["Host"] == "test")
        #expect(request["Authorization"] == "secret")
        #expect(request["Content-Length"] == "2")
        #expect(request["X-Forwarded-For"] == "127.0.0.1")
        #expect(request["X-Real-IP"] == "127.0.0.1")
    }

    /// What a client may claim, also under names that some servers read alike.
    static let claims = [
        "X-Forwarded-For: 1.2.3.4", "X_Forwarded_For: 1.2.3.5", "x-forwarded_for: 1.2.3.6",
        "X-Real-IP: 1.2.3.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil",
        "X-Forwarded-Port: 1", "Forwarded: for=1.2.3.8",
    ]

    @Test func `what a stranger claims about itself is dropped`() throws {
        let request = try forwarded(fields: ["Host: a.example"] + Self.claims)
        #expect(request.values("X-Forwarded-For") == ["127.0.0.1"])
        #expect(request.values("X-Real-IP") == ["127.0.0.1"])
        #expect(request.values("X-Forwarded-Proto") == ["http"])
        #expect(request.values("X-Forwarded-Host") == ["a.example"])
        #expect(!request.head.contains("1.2.3."))
        #expect(!request.head.contains("evil"))
        #expect(request["X-Forwarded-Port"] != "1")
    }

    @Test func `what a trusted proxy says is kept and continued`() throws {
        let request = try forwarded(
            listener: "address: 127.0.0.1:0, trusted_proxies: [127.0.0.0/8]",
            fields: ["Host: a.example"] + Self.claims)
        #expect(request.values("X-Forwarded-For") == ["1.2.3.4, 127.0.0.1"])
        #expect(request.values("X-Real-IP") == ["1.2.3.7"])
        #expect(request.values("X-Forwarded-Proto") == ["https"])
        #expect(request.values("X-Forwarded-Host") == ["evil"])
        #expect(request.values("X-Forwarded-Port") == ["1"])
        #expect(!request.head.contains("1.2.3.5"), "a name with an underscore is no such field")
        #expect(!request.head.contains("1.2.3.6"), "a name with an underscore is no such field")
    }

    @Test func `the port that the client came to is named`() throws {
        let x = try ScriptedUpstream(name: "x")
        let sluice = try Sluice(Settings(x: x.port))
        _ = try sluice.get()
        #expect(x.requests.first?["X-Forwarded-Port"] == "\(sluice.port)")
    }

    @Test func `an answer passes as it is but for what concerns one connection`() throws {
        let fields = [
            "Server: other/1", "Set-Cookie: a=1", "Set-Cookie: b=2", "under_score: 1",
            "X-Odd:   a  b", "Date: Thu, 01 Jan 1970 00:00:00 GMT", "ETag: W/\"1\"",
        ]
        let x = try ScriptedUpstream(answering: { _ in
            .ok("ok", fields: fields + ["Connection: X-Private", "X-Private: 1", "Keep-Alive: 5"])
        })
        let sluice = try Sluice(Settings(x: x.port))
        let answer = try sluice.get()
        for field in fields { #expect(answer.fieldLines.contains(field)) }
        for name in ["X-Private", "Keep-Alive", "Connection"] {
            #expect(answer.values(name).isEmpty, "\(name)")
        }
    }

    @Test(arguments: ["*", "[::]"])
    func `clients come over IPv4 and IPv6 alike`(host: String) throws {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.listener = "address: \"\(host):0\""
        let sluice = try Sluice(settings)
        _ = try Wire(port: sluice.port, isIPv6: true).get()
        _ = try Wire(port: sluice.port).get()
        #expect(x.requests.map { $0["X-Forwarded-For"] } == ["::1", "127.0.0.1"])
        #expect(x.requests.map { $0["X-Real-IP"] } == ["::1", "127.0.0.1"])
    }

    /// What the upstream gets of a request.
    private func forwarded(
        listener: String = "address: 127.0.0.1:0", method: String = "GET", target: String = "/",
        fields: [String], body: String = ""
    ) throws -> Message {
        let x = try ScriptedUpstream(name: "x")
        var settings = Settings(x: x.port)
        settings.listener = listener
        let sluice = try Sluice(settings)
        let lines = ["\(method) \(target) HTTP/1.1"] + fields
        let head = lines.map { $0 + "\r\n" }.joined() + "\r\n"
        let answer = try sluice.connect().exchange(head + body)
        #expect(answer.status == 200)
        return try #require(x.requests.first)
    }
}
