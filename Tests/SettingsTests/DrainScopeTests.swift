import Addressing
import Testing

@testable import Settings

/// What a drain may name.
struct DrainScopeTests {
    private let upstreams = [
        upstream("x", "Kong-X-1:8000", "127.0.0.1:9001", "[::1]:9002"),
        upstream("y", "*:9003", "kong-y:8000"),
    ]
    private let addresses = ["10.0.0.1:8000", "10.0.0.2:8000", "127.0.0.1:9001"]

    private static func upstream(_ name: String, _ targets: String...) -> UpstreamSettings {
        UpstreamSettings(
            name: name,
            targets: targets.compactMap { text in
                (try? AddressSetting(parsing: text)).map { TargetSettings(address: $0) }
            })
    }

    private func find(_ upstream: String, _ target: String?) throws -> String? {
        try DrainScope.find(
            upstream: upstream, target: target, in: upstreams, addresses: addresses
        ).target
    }

    @Test(
        arguments: [
            (nil, nil),
            ("Kong-X-1:8000", "Kong-X-1:8000"), ("kong-x-1:8000", "Kong-X-1:8000"),
            ("127.0.0.1:9001", "127.0.0.1:9001"), ("[::ffff:127.0.0.1]:9001", "127.0.0.1:9001"),
            ("[::1]:9002", "[::1]:9002"), ("[0:0:0:0:0:0:0:1]:9002", "[::1]:9002"),
            ("10.0.0.2:8000", "10.0.0.2:8000"),
        ] as [(String?, String?)])
    func `a target is named as it is written or as it is resolved`(
        named: String?, target: String?
    ) throws {
        #expect(try find("x", named) == target)
    }

    @Test(arguments: ["", "x", "127.0.0.1", ":9001", "127.0.0.1:9009", "10.0.0.3:8000", "*:9001"])
    func `a target that there is not is refused with those there are`(named: String) throws {
        let fault = DrainFault.unknownTarget(
            named, upstream: "x",
            known: [
                "Kong-X-1:8000", "127.0.0.1:9001", "[::1]:9002", "10.0.0.1:8000",
                "10.0.0.2:8000",
            ])
        #expect(throws: fault) { try find("x", named) }
        #expect(fault.description.contains("expected Kong-X-1:8000, 127.0.0.1:9001, "))
    }

    @Test func `the nearest word is probably meant`() {
        let target = DrainFault.unknownTarget("kong-x:80", upstream: "x", known: ["kong-x:8000"])
        #expect(
            target.description
                == "the upstream `x` has no target `kong-x:80`; expected kong-x:8000, "
                + "probably kong-x:8000")
        let upstream = DrainFault.unknownUpstream("kng", known: ["kong", "other"])
        #expect(upstream.description == "there is no upstream `kng`; did you mean `kong`?")
        #expect(throws: DrainFault.unknownUpstream("z", known: ["x", "y"])) { try find("z", nil) }
    }

    @Test(
        arguments: [
            ("x", nil, true), ("z", nil, false),
            ("x", "Kong-X-1:8000", true), ("x", "127.0.0.1:9001", true),
            ("x", "127.0.0.1:9009", false), ("x", "kong-x-2:8000", false), ("x", "nonsense", false),
            // A name may stand for this address again; nothing else may.
            ("x", "10.0.0.9:8000", true), ("y", "127.0.0.1:9003", true), ("x", "[::1]:9003", false),
        ] as [(String, String?, Bool)])
    func `a drain is of what the settings have, or may come to have by a name`(
        upstream: String, target: String?, isNamed: Bool
    ) {
        let scope = DrainScope(upstream: upstream, target: target)
        #expect(scope.isNamed(in: upstreams) == isNamed)
    }
}
