import HTTP
import Testing

/// Which requests a condition takes.
struct RequestRulesTests {
    /// The client that requests come from: 192.0.2.7.
    static let client = ClientAddress(bits: 0xffff_c000_0207)

    static func isTaken(
        _ request: String, _ rule: RequestRule, trusted: Bool = false,
        from client: ClientAddress = client
    ) -> Bool? {
        var head = RequestHead()
        let bytes = wire(request)
        guard head.parse(bytes.span, limits: HeadLimits()) == .complete else { return nil }
        let rules = RequestRules([rule])
        let origin = RequestOrigin(client: client, isTrusted: trusted)
        return rules.firstMatch(head, bytes.span, origin) == 0
    }

    private static func get(_ target: String = "/", _ fields: String...) -> String {
        "GET \(target) HTTP/1.1\r\nHost: h\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test(
        arguments: [
            ("X-Sluice-Upstream: y", true), ("x-sluice-upstream:  y ", true),
            ("X-Sluice-Upstream: z", true), ("X-Sluice-Upstream: Y", false),
            ("X-Sluice-Upstream: yy", false), ("X-Sluice-Upstream:", false),
            ("X-Sluice-Upstream: y, z", false), ("X-Sluice-Upstreams: y", false),
            // Lookalikes are other names, and what Connection names is not passed on.
            ("X_Sluice_Upstream: y", false), ("X-Sluice_Upstream: y", false),
            ("X-Sluice-Upstream: x\r\nX-Sluice-Upstream: y", true),
            ("Connection: x-sluice-upstream\r\nX-Sluice-Upstream: y", false),
            ("Connection: x_sluice_upstream\r\nX-Sluice-Upstream: y", false),
        ] as [(String, Bool)])
    func `a field with one of two values`(fields: String, isTaken: Bool) {
        let rule = RequestRule([.header("x-sluice-upstream", ["y", "z"])])
        #expect(Self.isTaken(Self.get("/", fields), rule) == isTaken)
        let opposite = RequestRule([], exceptions: rule.conditions)
        #expect(Self.isTaken(Self.get("/", fields), opposite) == !isTaken)
    }

    @Test(arguments: [
        ("X-Beta: 1", true), ("X-Beta:", true), ("X_Beta: 1", false), ("X-Alpha: 1", false),
    ])
    func `a field that is there at all`(field: String, isTaken: Bool) {
        #expect(Self.isTaken(Self.get("/", field), RequestRule([.header("x-beta", [])])) == isTaken)
    }

    @Test func `what a client says of others counts when it is trusted`() {
        let request = Self.get("/", "X-Forwarded-Proto: https")
        let rule = RequestRule([.header("x-forwarded-proto", ["https"])])
        #expect(Self.isTaken(request, rule) == false)
        #expect(Self.isTaken(request, rule, trusted: true) == true)
    }

    @Test(
        arguments: [
            ("Cookie: beta=1", true), ("Cookie: a=b; beta=1; c=d", true),
            ("Cookie: a=b;beta=1", true),
            ("Cookie: beta=\"1\"", true), ("Cookie: a=b\r\nCookie: beta=1", true),
            ("Cookie: beta = 1", true), ("Cookie: Beta=1", false), ("Cookie: beta=11", false),
            ("Cookie: xbeta=1", false), ("Cookie: beta", false), ("Cookie: =1; beta", false),
            ("Cookie: beta=\"1", false), ("Cookie: beta=2; beta=1", true), ("Cookie:", false),
            ("Cookie: ;;=;", false), ("X-Cookie: beta=1", false),
        ] as [(String, Bool)])
    func `a cookie with a value`(field: String, isTaken: Bool) {
        #expect(
            Self.isTaken(Self.get("/", field), RequestRule([.cookie("beta", ["1"])])) == isTaken)
    }

    @Test(
        arguments: [
            ("/?v=a%20b", true), ("/?v=a+b", true), ("/?x&v=a+b&y", true), ("/p?%76=a%20b", true),
            ("/?v=a%2520b", false), ("/?v=a", false), ("/?v=a+bc", false), ("/?V=a+b", false),
            ("/?v", false), ("/?v=a%2", false), ("/?v=%zz", false), ("/?", false), ("/", false),
            ("/v=a+b", false), ("/?a?v=a+b", false), ("http://h?v=a+b", true),
        ] as [(String, Bool)])
    func `a parameter with a value`(target: String, isTaken: Bool) {
        #expect(Self.isTaken(Self.get(target), RequestRule([.query("v", ["a b"])])) == isTaken)
    }

    @Test(
        arguments: [
            ("/v1", true), ("/v1/", true), ("/v1/a", true), ("/v1?a", true), ("/v10", false),
            ("/V1", false), ("/a/v1", false), ("/", false), ("//v1", false), ("/%761", false),
            ("http://h/v1/a", true), ("http://h", false),
        ] as [(String, Bool)])
    func `a path and what is below it`(target: String, isTaken: Bool) {
        #expect(Self.isTaken(Self.get(target), RequestRule([.pathPrefix(["/v1"])])) == isTaken)
    }

    @Test(arguments: [
        ("GET", "/", "/", true), ("GET", "http://h", "/", true), ("GET", "http://h?a", "/", true),
        ("OPTIONS", "*", "/", false), ("OPTIONS", "http://h", "/", false),
        ("GET", "/v1/a", "/v1/", true), ("GET", "/v1", "/v1/", false),
    ])
    func `the root has every path but that of the server itself`(
        method: String, target: String, prefix: String, isTaken: Bool
    ) {
        let request = "\(method) \(target) HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(Self.isTaken(request, RequestRule([.pathPrefix([prefix])])) == isTaken)
    }

    @Test(
        arguments: [
            ("a.example", true), ("A.Example:8000", true), ("a.example.", true),
            ("a.example.:80", true), ("b.example", false), ("x.a.example", false),
            ("x.b.test", true), ("y.x.b.test:1", true), ("b.test", false), (".b.test", false),
            ("xb.test", false), ("[::1]:80", true), ("[::2]", false),
        ] as [(String, Bool)])
    func `a host, whatever its port`(host: String, isTaken: Bool) {
        let request = "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n"
        let rule = RequestRule([.host(["a.example", "*.b.test", "[::1]"])])
        guard let found = Self.isTaken(request, rule) else { return }
        #expect(found == isTaken)
    }

    @Test func `the target's host counts before that of Host`() {
        let request = "GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n"
        #expect(Self.isTaken(request, RequestRule([.host(["a.example"])])) == true)
        #expect(Self.isTaken("GET / HTTP/1.0\r\n\r\n", RequestRule([.host(["a"])])) == false)
    }

    @Test func `a method in its capitals`() {
        let rule = RequestRule([.method(["PURGE", "GET"])])
        for (method, isTaken) in [
            ("GET", true), ("PURGE", true), ("PURGES", false), ("PUT", false),
        ] {
            let request = "\(method) / HTTP/1.1\r\nHost: h\r\n\r\n"
            #expect(Self.isTaken(request, rule) == isTaken)
        }
    }

    @Test func `a client within a range`() {
        let ranges: [(network: UInt128, mask: UInt128)] = [
            (network: 0xffff_c000_0200, mask: UInt128.max << 8), (network: 1, mask: UInt128.max),
        ]
        let rule = RequestRule([.client(ranges)])
        #expect(Self.isTaken(Self.get(), rule) == true)
        #expect(Self.isTaken(Self.get(), rule, from: ClientAddress(bits: 1)) == true)
        let other = ClientAddress(bits: 0xffff_c000_0307)
        #expect(Self.isTaken(Self.get(), rule, from: other) == false)
    }

    @Test func `all conditions hold, and not all exceptions`() {
        let rule = RequestRule(
            [.header("a", []), .method(["GET"])],
            exceptions: [.header("b", []), .query("c", [])])
        #expect(Self.isTaken(Self.get("/", "A: 1"), rule) == true)
        #expect(Self.isTaken(Self.get("/", "A: 1", "B: 1"), rule) == true)
        #expect(Self.isTaken(Self.get("/?c", "A: 1"), rule) == true)
        #expect(Self.isTaken(Self.get("/?c", "A: 1", "B: 1"), rule) == false)
        #expect(Self.isTaken(Self.get("/", "B: 1"), rule) == false)
    }

    @Test func `the first rule that holds is the one`() {
        let rules = RequestRules([
            RequestRule([.header("a", ["1"])]), RequestRule([.header("a", [])]),
        ])
        let origin = RequestOrigin(client: Self.client, isTrusted: false)
        for (fields, index) in [("A: 1", 0), ("A: 2", 1), ("B: 1", nil)] as [(String, Int?)] {
            var head = RequestHead()
            let bytes = wire(Self.get("/", fields))
            #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
            #expect(rules.firstMatch(head, bytes.span, origin) == index)
        }
        #expect(RequestRules().isEmpty && rules.count == 2 && !rules.asksForClient)
    }
}

/// Which connections a condition on the name of the server takes.
struct ServerNameRuleTests {
    @Test(
        arguments: [
            ("a.wild.test", true), ("A.B.Wild.test", true), ("wild.test", false), ("", false),
            (".wild.test", false), ("..wild.test", false), ("a..wild.test", false),
            ("a\0.wild.test", false), ("a.wild.test.", false), ("a.wild.test\0", false),
        ] as [(String, Bool)])
    func `a wildcard is for names below it, and for nothing that is none`(
        name: String, isTaken: Bool
    ) {
        let rules = RequestRules([RequestRule([.serverName(["*.wild.test"])])])
        let origin = RequestOrigin(client: RequestRulesTests.client, isTrusted: false)
        let bytes = Array(name.utf8)
        #expect((rules.firstMatch(serverName: bytes.span, origin) == 0) == isTaken)
    }
}
