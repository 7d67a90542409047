import Foundation
import Kernel
import Testing

/// Spans as a collector gets them.
@Suite(.ownThreads)
struct TraceTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"

    /// The spans of all messages that a collector has got.
    private func spans(_ collector: ScriptedUpstream) throws -> [[String: Any]] {
        try collector.requests.flatMap { request in
            let value = try JSONSerialization.jsonObject(with: request.body)
            let resources = (value as? [String: Any])?["resourceSpans"] as? [[String: Any]] ?? []
            let scopes = resources.flatMap { $0["scopeSpans"] as? [[String: Any]] ?? [] }
            return scopes.flatMap { $0["spans"] as? [[String: Any]] ?? [] }
        }
    }

    private func settings(_ x: ScriptedUpstream, _ collector: UInt16, _ more: String = "")
        -> Settings
    {
        var settings = Settings(x: x.port)
        settings.more =
            "otlp: {endpoint: \"http://127.0.0.1:\(collector)\", interval: 100ms\(more)}\n"
        return settings
    }

    private func count(_ sluice: Sluice, _ result: String) throws -> Int {
        let page = try sluice.control("GET", "/metrics").text
        let start = "sluice_otlp_spans_total{result=\"\(result)\"} "
        let line = page.split(separator: "\n").first { $0.hasPrefix(start) }
        return line.flatMap { Int($0.dropFirst(start.count)) } ?? -1
    }

    @Test func `the balancer is a span between its client's and Kong's`() throws {
        let x = try ScriptedUpstream(name: "x")
        let collector = try ScriptedUpstream(answering: { _ in .ok("{}") })
        let folder = try TemporaryFolder()
        try folder.write("Authorization: Bearer abc\n", to: "otlp.headers")
        let sluice = try Sluice(
            settings(x, collector.port, ", sample: 0%, headers_file: otlp.headers"), in: folder)
        let parent = "b7ad6b7169203331"
        let fields = ["traceparent: 00-\(Self.trace)-\(parent)-01", "tracestate: a=1"]
        #expect(try sluice.get("/orders?key=secret", fields: fields).status == 200)
        #expect(try sluice.get("/untold").status == 200)
        #expect(try eventually { try !spans(collector).isEmpty })
        let span = try #require(try spans(collector).first)
        let told = try #require(x.requests.first?["traceparent"])
        #expect(told == "00-\(Self.trace)-\(span["spanId"] ?? "")-01")
        #expect(x.requests.first?["tracestate"] == "a=1")
        #expect(span["traceId"] as? String == Self.trace)
        #expect(span["parentSpanId"] as? String == parent)
        let message = try #require(collector.requests.first)
        #expect(message.startLine == "POST /v1/traces HTTP/1.1")
        #expect(message["Content-Type"] == "application/json")
        #expect(message["Authorization"] == "Bearer abc")
        #expect(message.text.contains("/orders") && !message.text.contains("secret"))
        #expect(try eventually { try count(sluice, "exported") == 1 })

        // All are told of from now on, the last ones when the process ends.
        var all = settings(x, collector.port, ", sample: 100%, service_name: edge")
        all.more = all.more.replacing("100ms", with: "1h")
        try folder.write(all.text, to: "sluice.yaml")
        sluice.reload()
        #expect(
            eventually { sluice.logCount("was read again and is in force") == 1 }, "\(sluice.log)")
        for _ in 0..<3 { #expect(try sluice.get().status == 200) }
        #expect(try sluice.stop() == 0)
        let last = try #require(collector.requests.last)
        #expect(last.text.contains("\"edge\"") && last["Authorization"] == nil)
        let ids = try spans(collector).dropFirst().compactMap { $0["spanId"] as? String }
        let seen = x.requests.dropFirst(2).compactMap {
            $0["traceparent"]?.dropFirst(36).prefix(16)
        }
        #expect(ids.count == 3 && Set(ids) == Set(seen.map(String.init)))
        #expect(try spans(collector).count == 4)
    }

    @Test func `a request that is sent again stays one span, and both targets hear of it`() throws {
        let heard = Lock<[String]>([])
        // Whoever is asked first breaks off.
        let targets = try (0..<2).map { _ in
            try ScriptedUpstream { wire, _ in
                while let request = try wire.takeRequest() {
                    let count = heard.withLock {
                        $0.append(request["traceparent"] ?? "")
                        return $0.count
                    }
                    if count == 1 { return }
                    try wire.send(.ok("here"))
                }
            }
        }
        let collector = try ScriptedUpstream(answering: { _ in .ok("{}") })
        var settings = settings(targets[0], collector.port, ", sample: 100%")
        settings.upstreams = [("x", targets.map(\.port))]
        settings.upstreamMore = ", retries: {count: 2, budget: 100%}"
        let sluice = try Sluice(settings)
        #expect(try sluice.get().status == 200)
        #expect(try eventually { try !spans(collector).isEmpty })
        let span = try #require(try spans(collector).first)
        let told = "00-\(span["traceId"] ?? "")-\(span["spanId"] ?? "")-01"
        #expect(heard.withLock { $0 } == [told, told])
        let attributes = span["attributes"] as? [[String: Any]] ?? []
        let attempts = attributes.first { $0["key"] as? String == "sluice.attempts" }
        #expect((attempts?["value"] as? [String: Any])?["intValue"] as? String == "2")
        // A message whose answer has not come by the end is sent once more.
        #expect(try eventually { try count(sluice, "exported") == 1 })
        #expect(try sluice.stop() == 0)
        #expect(try spans(collector).count == 1)
    }

    @Test func `a collector that refuses, hangs or is gone is nobody's trouble but its own`() throws
    {
        let x = try ScriptedUpstream(name: "x")
        let refusing = try ScriptedUpstream(answering: { _ in
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
        })
        let hanging = try ScriptedUpstream { wire, _ in
            // It reads until its client ends, and says nothing.
            while try wire.takeRequest() != nil {}
        }
        let sluice = try Sluice(settings(x, refusing.port, ", sample: 100%"))
        #expect(try sluice.get().status == 200)
        #expect(try eventually { try count(sluice, "failed") == 1 })
        #expect(eventually { sluice.logCount("answers with 400") == 1 })

        // Whoever is sent elsewhere does not go there: the fields that go along are secrets.
        let elsewhere = try ScriptedUpstream(answering: { _ in .ok("{}") })
        let redirecting = try ScriptedUpstream(answering: { _ in
            "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
                + "Location: http://127.0.0.1:\(elsewhere.port)/v1/traces\r\n\r\n"
        })
        try sluice.folder.write(
            settings(x, redirecting.port, ", sample: 100%").text, to: "sluice.yaml")
        sluice.reload()
        #expect(eventually { sluice.logCount("is in force") == 1 })
        #expect(try sluice.get().status == 200)
        #expect(try eventually { try count(sluice, "failed") == 2 })
        #expect(elsewhere.connectionCount == 0)

        let dead = try LoopbackAddress.freePort()
        for (port, sign) in [(dead, "refused"), (hanging.port, "")] {
            let before = sluice.logCount("is in force")
            try sluice.folder.write(
                settings(x, port, ", sample: 100%").text, to: "sluice.yaml")
            sluice.reload()
            #expect(eventually { sluice.logCount("is in force") == before + 1 })
            for _ in 0..<20 { #expect(try sluice.get().status == 200) }
            if sign.isEmpty {
                #expect(eventually { hanging.connectionCount > 0 })
            } else {
                #expect(eventually { sluice.log.contains("otlp: http://127.0.0.1:\(port)") })
            }
        }
        #expect(try count(sluice, "exported") == 0)
        #expect(try sluice.stop() == 0)
        #expect(sluice.logCount("spans are lost") == 1, "\(sluice.log)")
    }
}
