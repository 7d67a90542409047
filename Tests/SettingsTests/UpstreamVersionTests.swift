import Settings
import Testing

/// The HTTP that is spoken to targets.
struct UpstreamVersionTests {
    @Test(arguments: [("http1", UpstreamVersion.http1), ("http2", .http2), ("auto", .auto)])
    func `an upstream is spoken to in one HTTP, or chooses`(text: String, version: UpstreamVersion)
        throws
    {
        let plain = try snapshot(
            settingsText(upstream: "x: {targets: [a:1], protocol: \(text)}"))
        #expect(plain.upstreams[0].version == version)
        // Without TLS there is nothing to choose by.
        #expect(plain.upstreams[0].versionSpoken == (version == .auto ? .http1 : version))
        let secure = try snapshot(
            settingsText(upstream: "x: {targets: [a:1], tls: {}, protocol: \(text)}"))
        #expect(secure.upstreams[0].versionSpoken == version)
    }

    @Test func `HTTP/1.1 is spoken where nothing is said`() throws {
        #expect(try snapshot(settingsText()).upstreams[0].version == .http1)
    }

    @Test(arguments: [
        ("protocol: ^h2", "`protocol` is `h2`; expected http1, http2 or auto"),
        ("protocol: ^2", "`protocol` is `2`; expected http1, http2 or auto"),
        ("protocol: ^[http2]", "`protocol` is a list; expected http1, http2 or auto"),
        (
            "^protocol: http2, send_proxy_protocol: v1",
            "`protocol: http2` with `send_proxy_protocol`, whose header speaks for one client only"
        ),
        (
            "send_proxy_protocol: v2, ^protocol: auto",
            "`protocol: auto` with `send_proxy_protocol`"
        ),
    ])
    func `another HTTP is refused`(text: String, fault: String) {
        MarkedText(settingsText(upstream: "x: {targets: [a:1], \(text)}")).expectFault(fault)
    }
}
