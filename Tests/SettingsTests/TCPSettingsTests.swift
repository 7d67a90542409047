import Testing

@testable import Settings

/// Listeners of mode tcp, and the PROXY protocol on both sides.
struct TCPSettingsTests {
    private func listener(_ text: String) throws -> ListenerSettings {
        let snapshot = try snapshot(settingsText(listener: "api: {address: a:1, \(text)}"))
        return snapshot.listeners[0]
    }

    @Test func `a listener splits connections`() throws {
        #expect(try listener("split: kong, mode: tcp").mode == .tcp)
        #expect(try listener("split: kong").mode == .http)
        #expect(try listener("split: kong, mode: http").mode == .http)
    }

    @Test func `a tcp listener chooses its split by names and clients`() throws {
        let read = try listener(
            "split: kong, mode: tcp, routes: [{when: {server_name: [A.example, '*.b.example'], "
                + "client: 10.0.0.0/8}, split: kong}]")
        #expect(read.routes.count == 1)
        #expect(read.routes[0].when.asksForServerName)
        #expect(read.routes[0].when.conditions.contains(.serverName(["a.example", "*.b.example"])))
    }

    @Test func `the header of the PROXY protocol is required of trusted proxies`() throws {
        let read = try listener(
            "split: kong, proxy_protocol: required, trusted_proxies: [10.0.0.0/8]")
        #expect(read.requiresProxyHeader)
        #expect(try !listener("split: kong, proxy_protocol: off").requiresProxyHeader)
        #expect(try !listener("split: kong").requiresProxyHeader)
    }

    @Test(arguments: [("off", nil), ("v1", ProxyHeaderVersion.v1), ("v2", .v2)])
    func `an upstream is sent a header, or none`(text: String, version: ProxyHeaderVersion?) throws
    {
        let read = try snapshot(
            settingsText(upstream: "x: {targets: [a:1], send_proxy_protocol: \(text)}"))
        #expect(read.upstreams[0].proxyHeader == version)
    }

    @Test func `connections have a time for their first message and may have a lifetime`() throws {
        let read = try listener(
            "split: kong, mode: tcp, timeouts: {handshake: 3s, lifetime: 1h}")
        #expect(read.timeouts.handshakeMilliseconds == 3_000)
        #expect(read.timeouts.lifetimeMilliseconds == 3_600_000)
        #expect(try listener("split: kong").timeouts.handshakeMilliseconds == 10_000)
        #expect(try listener("split: kong").timeouts.lifetimeMilliseconds == nil)
    }

    @Test(arguments: [
        ("split: kong, mode: tls", "`mode` is `tls`; expected `http` or `tcp`"),
        (
            "split: kong, proxy_protocol: required",
            "`proxy_protocol: required` without `trusted_proxies` would close every connection"
        ),
        ("split: kong, proxy_protocol: yes", "`proxy_protocol` is `yes`; expected off or required"),
        (
            "split: kong, routes: [{when: {server_name: a.example}, split: kong}]",
            "`server_name` in a route of a listener of mode http; expected `mode: tcp`"
        ),
        (
            "split: kong, mode: tcp, routes: [{when: {path_prefix: /a}, split: kong}]",
            "a route of a listener of mode tcp asks for what only requests have"
        ),
        (
            "split: kong, mode: tcp, routes: [{when: {client: 10.0.0.0/8, not: {method: GET}}, "
                + "split: kong}]",
            "a route of a listener of mode tcp asks for what only requests have"
        ),
        (
            "split: kong, mode: tcp, expose_upstream: true",
            "`expose_upstream` of a listener of mode"
        ),
        ("split: kong, mode: tcp, protocol: http1", "`protocol` of a listener of mode tcp"),
        ("split: kong, protocol: http2", "`protocol` is `http2`; expected `auto` or `http1`"),
        (
            "split: kong, mode: tcp, routes: [{when: {server_name: 10.0.0.1}, split: kong}]",
            "`server_name` is `10.0.0.1`; expected a name such as a.example"
        ),
        (
            "split: kong, mode: tcp, routes: [{when: {server_name: 'a b'}, split: kong}]",
            "`server_name` is `a b`; expected a name such as a.example"
        ),
        ("split: kong, timeouts: {handshake: 0s}", "`handshake` is `0s`"),
    ])
    func `what cannot be is refused`(text: String, fault: String) {
        let found = faults(settingsText(listener: "api: {address: a:1, \(text)}"))
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.contains(fault) == true, "\(found)")
    }

    @Test func `another header than there is cannot be sent`() {
        let found = faults(
            settingsText(upstream: "x: {targets: [a:1], send_proxy_protocol: v3}"))
        #expect(found.first?.contains("is `v3`; expected off, v1 or v2") == true, "\(found)")
    }
}
