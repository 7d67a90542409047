import HTTP
import Testing

/// What a response says about the Kong that it came through.
@Suite struct KongFactsTests {
    struct Case: Sendable, CustomStringConvertible {
        let fields: [String]
        var status = 200
        let maker: KongFacts.Maker
        var version = ""
        var kong: UInt64?
        var service: UInt64?

        var description: String { "\(status) \(fields)" }
    }

    private static func facts(_ fields: [String], status: Int = 200) throws -> KongFacts {
        var head = ResponseHead()
        let lines = ["HTTP/1.1 \(status) X"] + fields + ["Content-Length: 0"]
        let bytes = wire(lines.map { $0 + "\r\n" }.joined() + "\r\n")
        let progress = head.parse(bytes.span, to: .get, limits: HeadLimits())
        try #require(progress == .complete)
        return head.kongFacts(bytes.span)
    }

    private static func text(_ version: KongVersionText) -> String {
        let bytes = [version.high, version.low].flatMap { half in
            stride(from: 120, through: 0, by: -8).map {
                UInt8(truncatingIfNeeded: half >> UInt128($0))
            }
        }
        return String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self)
    }

    private static func proxied(_ via: String, _ server: String? = "Server: app/1") -> [String] {
        [server, "X-Kong-Upstream-Latency: 12", "X-Kong-Proxy-Latency: 3", via]
            .compactMap(\.self)
    }

    private static func own(_ version: String) -> [String] {
        ["X-Kong-Response-Latency: 5", "Server: kong/\(version)"]
    }

    /// As Kong 2.8, 3.4 and 3.8 write them.
    static let real = [
        Case(
            fields: proxied("Via: kong/2.8.5"), maker: .service, version: "2.8.5", kong: 3,
            service: 12),
        Case(
            fields: proxied("Via: kong/3.4.1"), maker: .service, version: "3.4.1", kong: 3,
            service: 12),
        Case(
            fields: proxied("Via: 1.1 kong/3.8.0"), maker: .service, version: "3.8.0", kong: 3,
            service: 12),
        Case(
            fields: proxied("via: 2 kong/3.8.0"), maker: .service, version: "3.8.0", kong: 3,
            service: 12),
        Case(
            fields: proxied("Via: 1.1 kong/3.8.0.0-enterprise-edition"), maker: .service,
            version: "3.8.0.0-enterprise-edition", kong: 3, service: 12),
        Case(fields: own("3.4.2"), status: 404, maker: .kong, version: "3.4.2", kong: 5),
        Case(
            fields: own("2.8.5") + ["Retry-After: 1"], status: 429, maker: .kong, version: "2.8.5",
            kong: 5),
        Case(fields: own("3.8.0"), status: 503, maker: .kong, version: "3.8.0", kong: 5),
        Case(fields: own("3.8.0"), status: 502, maker: .kong, version: "3.8.0", kong: 5),
        Case(
            fields: proxied("Via: kong/3.4.1", nil), status: 502, maker: .kongForService,
            version: "3.4.1", kong: 3, service: 12),
        Case(
            fields: proxied("Via: 1.1 kong/3.8.0", nil), status: 504, maker: .kongForService,
            version: "3.8.0", kong: 3, service: 12),
        // Kong from 3.8 on gives a service without a name its own, and so a failed one.
        Case(
            fields: proxied("Via: 1.1 kong/3.8.0", "Server: kong/3.8.0"), maker: .service,
            version: "3.8.0", kong: 3, service: 12),
        Case(
            fields: proxied("Via: 1.1 kong/3.8.0", "Server: kong/3.8.0"), status: 502,
            maker: .kongForService, version: "3.8.0", kong: 3, service: 12),
        Case(
            fields: ["X-Kong-Upstream-Latency: 1", "Server: kong/3.8.0"], status: 504,
            maker: .kongForService, service: 1),
        // A function that a plugin of Kong's calls is a service as well.
        Case(
            fields: ["X-Kong-Response-Latency: 9", "Via: kong/3.4.1"], maker: .service,
            version: "3.4.1"),
        // A service that has no name, and one that says 502 itself.
        Case(
            fields: proxied("Via: kong/3.4.1", nil), status: 500, maker: .service,
            version: "3.4.1", kong: 3, service: 12),
        Case(
            fields: proxied("Via: kong/3.4.1"), status: 502, maker: .service, version: "3.4.1",
            kong: 3, service: 12),
        // The order of fields and the case of letters mean nothing.
        Case(
            fields: ["VIA: KONG/3.4.1", "x-kong-proxy-latency:0", "X-KONG-UPSTREAM-LATENCY:  7 "],
            maker: .service, version: "3.4.1", kong: 0, service: 7),
        // `headers` in kong.conf may leave some of them.
        Case(fields: ["Via: kong/3.4.1"], maker: .service, version: "3.4.1"),
        Case(fields: ["X-Kong-Upstream-Latency: 9"], maker: .service, service: 9),
        Case(fields: ["Server: kong/3.4.1"], maker: .kong, version: "3.4.1"),
        Case(fields: ["X-Kong-Response-Latency: 9"], maker: .kong, kong: 9),
        // `headers = off`, or no Kong.
        Case(fields: [], maker: .unknown), Case(fields: ["Server: nginx"], maker: .unknown),
    ]

    /// What a service behind, or a proxy between, may add.
    static let forged = [
        // Kong adds its Via behind others; a comment is none.
        Case(
            fields: proxied("Via: 1.1 kong/9.9.9, 1.1 kong/3.8.0"), maker: .service,
            version: "3.8.0", kong: 3, service: 12),
        Case(
            fields: proxied("Via: kong/3.4.1") + ["Via: 1.1 edge"], maker: .service,
            version: "3.4.1", kong: 3, service: 12),
        Case(
            fields: ["Via: 1.1 kong/9.9.9"] + proxied("Via: 1.1 edge, 1.1 kong/3.8.0 (a, b)"),
            maker: .service, version: "3.8.0", kong: 3, service: 12),
        // A service that calls itself Kong, or is one: its own words are outweighed.
        Case(
            fields: proxied("Via: kong/3.4.1", "Server: kong/2.0.0"), status: 503,
            maker: .service, version: "3.4.1", kong: 3, service: 12),
        Case(
            fields: proxied("Via: kong/3.4.1") + ["X-Kong-Response-Latency: 77"],
            maker: .service, version: "3.4.1", kong: 3, service: 12),
        Case(
            fields: proxied("Via: kong/3.4.1", "Server: kong/2.0.0"), status: 502,
            maker: .service, version: "3.4.1", kong: 3, service: 12),
        // What is there twice tells nothing; nor does what is no number of milliseconds.
        Case(
            fields: proxied("Via: kong/3.4.1") + ["X-Kong-Upstream-Latency: 1"],
            maker: .service, version: "3.4.1", kong: 3),
        Case(
            fields: ["X-Kong-Proxy-Latency: 1", "X-Kong-Proxy-Latency: 1", "Via: kong/1.0"],
            maker: .service, version: "1.0"),
        Case(fields: own("3.4.1") + ["Server: kong/9.9"], maker: .kong, kong: 5),
        Case(fields: own("3.4.1") + ["Server: app"], maker: .kong, kong: 5),
        Case(
            fields: ["X-Kong-Upstream-Latency: -1", "X-Kong-Proxy-Latency: 1.5"],
            maker: .service),
        Case(
            fields: ["X-Kong-Upstream-Latency: 10000000", "X-Kong-Proxy-Latency:"],
            maker: .service),
        Case(fields: ["X-Kong-Upstream-Latency: 9999999"], maker: .service, service: 9_999_999),
        Case(fields: ["X-Kong-Upstream-Latency: 99999999999999999999999"], maker: .service),
        // Versions that are none.
        Case(fields: ["Server: kong/"], maker: .kong),
        Case(fields: ["Server: kong/x"], maker: .kong),
        Case(fields: ["Server: kong/3.4.1 (x)"], maker: .kong),
        Case(fields: ["Server: kong/3.4\"1"], maker: .kong),
        Case(fields: ["Server: kong/3\u{e9}"], maker: .kong),
        Case(fields: ["Via: kong/{3}"], maker: .service),
        Case(fields: ["Via: kong/" + String(repeating: "1", count: 33)], maker: .service),
        Case(
            fields: ["Via: kong/" + String(repeating: "1", count: 32)], maker: .service,
            version: String(repeating: "1", count: 32)),
        Case(
            fields: ["Via: kong/" + String(repeating: "2", count: 16)], maker: .service,
            version: String(repeating: "2", count: 16)),
        Case(
            fields: ["Via: kong/" + String(repeating: "3", count: 17)], maker: .service,
            version: String(repeating: "3", count: 17)),
        // Names and words that are only like them.
        Case(
            fields: ["Via:", "Server:", "Via: ,,, ", "Via: 1.1", "Via: kong", "Via: 1.1 kong"],
            maker: .unknown),
        Case(fields: ["Via: notkong/3", "Server: notkong/3", "Server: x kong/3"], maker: .unknown),
        Case(
            fields: ["X-Via: kong/3", "Vib: kong/3", "Servers: kong/3", "Serves: kong/3"],
            maker: .unknown),
        Case(
            fields: [
                "X_Kong_Upstream_Latency: 1", "X-Kong-Admin-Latency: 1",
                "X-Kong-Upstream-Latencx: 1", "X-Kong-Upstrean-Latency: 1",
                "Y-Kong-Proxy-Latency: 1",
            ],
            maker: .unknown),
    ]

    @Test(arguments: real + forged)
    func `are read from its fields`(sample: Case) throws {
        let facts = try Self.facts(sample.fields, status: sample.status)
        #expect(facts.maker == sample.maker)
        #expect(Self.text(facts.version) == sample.version)
        #expect(facts.version.isEmpty == sample.version.isEmpty)
        #expect(facts.kongMilliseconds == sample.kong)
        #expect(facts.serviceMilliseconds == sample.service)
    }

    @Test func `are not those of the head before`() throws {
        var head = ResponseHead()
        let first = wire("HTTP/1.1 200 OK\r\nVia: kong/3.4.1\r\nContent-Length: 0\r\n\r\n")
        let second = wire("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        #expect(head.parse(first.span, to: .get, limits: HeadLimits()) == .complete)
        #expect(head.kongFacts(first.span).maker == .service)
        #expect(head.parse(second.span, to: .get, limits: HeadLimits()) == .complete)
        #expect(head.kongFacts(second.span) == KongFacts())
    }
}
