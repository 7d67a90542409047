import HTTP
import Testing

/// Who made a response, by its fields.
@Suite struct GatewayMarksTests {
    private func marks(_ fields: [String]) -> GatewayMarks? {
        var head = ResponseHead()
        let lines = (["HTTP/1.1 502 Bad Gateway"] + fields + ["Content-Length: 0"])
            .map { $0 + "\r\n" }.joined()
        let bytes = wire(lines + "\r\n")
        guard head.parse(bytes.span, to: .get, limits: HeadLimits()) == .complete else {
            return nil
        }
        return head.gatewayMarks(bytes.span)
    }

    @Test(
        arguments: [
            ([], []),
            // The service behind answered.
            (["Server: tiny-backend/1", "Via: kong/3.4.1"], [.hasServer, .viaKong]),
            (["server: nginx", "via: 1.1 kong/3.8.0"], [.hasServer, .viaKong]),
            (["VIA: 2 kong/3.8.0"], [.viaKong]),
            (["Via: 1.1 edge, 1.1 kong/3.8.0"], [.viaKong]),
            (["Via: 1.1 edge,kong/3"], [.viaKong]),
            (["Via: 1.1 edge", "Via: kong/3.4.1"], [.viaKong]),
            // Kong answered by itself.
            (["Server: kong/3.4.1"], [.hasServer, .serverIsKong]),
            (["SERVER: KONG/3.4.1-enterprise"], [.hasServer, .serverIsKong]),
            (["Server: kong/"], [.hasServer, .serverIsKong]),
            // A service that failed, as Kong tells it from 3.8 on; with another version or a
            // second Server it is the service's own.
            (
                ["Via: 1.1 kong/3.8.0", "Server: kong/3.8.0"],
                [.hasServer, .serverIsKong, .viaKong, .serverIsViasKong]
            ),
            (
                ["Server: Kong/3.8.0", "Via: 1.1 edge, 1.1 kong/3.8.0 (x)"],
                [.hasServer, .serverIsKong, .viaKong, .serverIsViasKong]
            ),
            (
                ["Server: kong/3.4.1", "Via: 1.1 kong/3.4.1, 1.1 kong/3.8.0"],
                [.hasServer, .serverIsKong, .viaKong]
            ),
            (
                ["Server: kong/3.8.0", "Via: kong/3.8.00"],
                [.hasServer, .serverIsKong, .viaKong]
            ),
            (
                ["Server: kong/3.8.0", "Server: kong/3.8.0", "Via: 2 kong/3.8.0"],
                [.hasServer, .serverIsKong, .viaKong]
            ),
            // Somebody else.
            (["Server: notkong/1", "Via: 1.1 notkong/1"], [.hasServer]),
            (["Server: openresty kong/3"], [.hasServer]),
            (["Server: kong"], [.hasServer]), (["Server:"], [.hasServer]), (["Via:"], []),
            (["Via: kon", "Serve: kong/3", "Via2: kong/3"], []),
            (["X-Server: kong/3.4.1", "X-Via: kong/3.4.1"], []),
        ] as [([String], GatewayMarks)])
    func `are read from Server and Via`(fields: [String], expected: GatewayMarks) {
        #expect(marks(fields) == expected)
    }

    @Test(
        arguments: [
            // Kong's own.
            ([.hasServer, .serverIsKong], [502, 503, 504]),
            // Kong tells of a service that failed; a 503 with Via is the service's.
            ([.viaKong], [502, 504]),
            ([.viaKong, .hasServer, .serverIsKong, .serverIsViasKong], [502, 504]),
            // The service's own, or nobody knows whose.
            ([.viaKong, .hasServer], []), ([.hasServer], []), ([], []),
            // A Kong behind a Kong.
            ([.viaKong, .hasServer, .serverIsKong], []),
        ] as [(GatewayMarks, [Int])])
    func `tell which failures are the gateway's`(marks: GatewayMarks, statuses: [Int]) {
        let failures = (100...999).filter { marks.isGatewayFailure(status: $0) }
        #expect(failures == statuses)
    }
}
