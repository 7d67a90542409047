import Telemetry
import Testing

@Suite struct RegistryTests {
    @Test func `ids are dense, and the same name has the same id for ever`() {
        var registry = Registry()
        #expect(registry.lane(split: "kong", upstream: "x") == 0)
        #expect(registry.lane(split: "kong", upstream: "y") == 1)
        #expect(registry.lane(split: "other", upstream: "x") == 2)
        #expect(registry.lane(split: "kong", upstream: "x") == 0)
        #expect(registry.upstream("y") == 0)
        #expect(registry.upstream("x") == 1)
        #expect(registry.listener("x") == 0)
        #expect(registry.split("kong") == 0)
        #expect(registry.target(upstream: "x", address: "127.0.0.1:1") == 0)
        #expect(registry.target(upstream: "y", address: "127.0.0.1:1") == 1)
        #expect(registry.lanes.map(\.upstream) == ["x", "y", "x"])
        #expect(registry.lanes.map(\.split) == ["kong", "kong", "other"])
        #expect(registry.upstreams == ["y", "x"])
        #expect(registry.targets.map(\.upstream) == ["x", "y"])
        #expect(registry.splits == ["kong"])
        #expect(registry.listeners == ["x"])
    }

    @Test func `asking for a known id makes none`() {
        var registry = Registry()
        #expect(registry.knownLane(split: "kong", upstream: "x") == nil)
        #expect(registry.knownUpstream("x") == nil)
        #expect(registry.knownListener("api") == nil)
        #expect(registry.lanes.isEmpty && registry.upstreams.isEmpty && registry.listeners.isEmpty)
        let lane = registry.lane(split: "kong", upstream: "x")
        #expect(registry.knownLane(split: "kong", upstream: "x") == lane)
    }
}
