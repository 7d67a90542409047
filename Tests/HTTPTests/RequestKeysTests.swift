import HTTP
import Testing

/// Which key of a request tells its client from others, and whom it is from.
struct RequestKeysTests {
    private static let sources: [RequestKeys.Source] = [
        .header("apikey"), .header("authorization"), .cookie("session"),
    ]

    private static func key(
        _ fields: String, of sources: [RequestKeys.Source] = sources, trusted: Bool = false
    ) -> String? {
        var head = RequestHead()
        let bytes = wire("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
        guard head.parse(bytes.span, limits: HeadLimits()) == .complete else { return "refused" }
        switch RequestKeys(sources).find(head, bytes.span, isTrusted: trusted) {
        case .nothing: return nil
        case .text(let range): return text(bytes, range)
        case .client: return "(client)"
        }
    }

    @Test(
        arguments: [
            ("apikey: a\r\n", "a"), ("Authorization: Bearer t\r\napikey: a\r\n", "a"),
            ("Authorization: Bearer t\r\n", "Bearer t"), ("Cookie: a=b; session=s\r\n", "s"),
            ("Cookie: session=\"s\"\r\n", "s"), ("Cookie: session=s; session=t\r\n", "s"),
            ("Cookie: a=b\r\nCookie: session=s\r\n", "s"), ("Cookie: session=\r\n", nil),
            ("Cookie: session=; session=t\r\n", "t"), ("Cookie: session=\"\"\r\n", nil),
            // Of several the first with a value, and an empty one is none.
            ("apikey: a\r\napikey: b\r\n", "a"), ("apikey:\r\napikey: b\r\n", "b"),
            ("apikey:\r\nAuthorization: t\r\n", "t"), ("apikey:\r\n", nil), ("", nil),
            ("api_key: a\r\n", nil), ("Connection: apikey\r\napikey: a\r\n", nil),
        ] as [(String, String?)])
    func `the first key that there is`(fields: String, key: String?) {
        #expect(Self.key(fields) == key)
    }

    @Test func `a long key counts whole`() {
        let long = String(repeating: "k", count: 60_000)
        #expect(Self.key("apikey: \(long)\r\n") == long)
    }

    @Test func `the client's address is there always`() {
        #expect(Self.key("", of: [.header("apikey"), .client]) == "(client)")
        #expect(Self.key("apikey: a\r\n", of: [.header("apikey"), .client]) == "a")
        #expect(RequestKeys([.client]).asksForClient && !RequestKeys(Self.sources).asksForClient)
    }

    @Test(arguments: [
        ("", "10.0.0.1"), ("X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7"),
        ("X-Forwarded-For: 192.0.2.7:4711\r\n", "192.0.2.7"),
        ("X-Forwarded-For: 203.0.113.9, 192.0.2.7\r\n", "192.0.2.7"),
        ("X-Forwarded-For: 203.0.113.9, 192.0.2.7, 10.0.0.9\r\n", "192.0.2.7"),
        ("X-Forwarded-For: 203.0.113.9,192.0.2.7 ,, 10.0.0.9,\r\n", "192.0.2.7"),
        ("X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-For: 10.0.0.9\r\n", "192.0.2.7"),
        ("X-Forwarded-For: 10.0.0.8, 10.0.0.9\r\n", "10.0.0.8"),
        ("X-Forwarded-For: 192.0.2.7, unknown, 10.0.0.9\r\n", "10.0.0.9"),
        ("X-Forwarded-For: 192.0.2.07\r\n", "10.0.0.1"), ("X-Forwarded-For:\r\n", "10.0.0.1"),
        ("X-Forwarded-For: 192.0.2\r\n", "10.0.0.1"),
        ("X-Forwarded-For: 1.2.3.4.5\r\n", "10.0.0.1"),
        ("X-Forwarded-For: 192.0.2.7:x\r\n", "10.0.0.1"),
        ("X-Forwarded-For: 1.2.3.256\r\n", "10.0.0.1"),
        ("X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1"),
        ("X-Forwarded-For: [2001:db8::1]:80\r\n", "2001:db8::1"),
        ("X-Forwarded-For: [2001:db8::1]\r\n", "2001:db8::1"),
        ("X-Forwarded-For: [2001:db8::1\r\n", "10.0.0.1"),
        ("X-Forwarded-For: ::1\r\n", "::1"), ("X-Forwarded-For: 1::\r\n", "1::"),
        ("X-Forwarded-For: 1:2:3:4:5:6:7:8\r\n", "1:2:3:4:5:6:7:8"),
        ("X-Forwarded-For: ::ffff:192.0.2.7\r\n", "192.0.2.7"),
        ("X-Forwarded-For: 64:ff9b::192.0.2.7\r\n", "64:ff9b::c000:207"),
        ("X-Forwarded-For: 1:2\r\n", "10.0.0.1"), ("X_Forwarded_For: 192.0.2.7\r\n", "10.0.0.1"),
    ])
    func `whom a request through trusted proxies is from`(fields: String, client: String) {
        #expect(Self.client(fields, from: 0xffff_0a00_0001) == client)
    }

    @Test func `who is not trusted is the client, whatever it says`() {
        let said = "X-Forwarded-For: 203.0.113.9\r\n"
        #expect(Self.client(said, from: 0xffff_c000_0207) == "192.0.2.7")
    }

    /// 10.0.0.0/8 is trusted.
    private static func client(_ fields: String, from connection: UInt128) -> String? {
        var head = RequestHead()
        let bytes = wire("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
        guard head.parse(bytes.span, limits: HeadLimits()) == .complete else { return nil }
        let client = head.client(bytes.span, from: ClientAddress(bits: connection)) {
            $0.bits >> 24 == 0xffff_0a00_0000 >> 24
        }
        return addressText(client)
    }
}
