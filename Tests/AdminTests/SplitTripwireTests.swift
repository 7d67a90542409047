import Admin
import Testing

/// The tripwire without its surroundings: facts, readings and times in, events out.
@Suite struct SplitTripwireTests {
    private static func entity(_ number: UInt64, _ time: Double) -> AdminEntity {
        AdminEntity(id: EntityID(high: 0, low: number), updatedAt: time)
    }

    /// `1@5 2@6` are entities 1 and 2, changed at 5 and 6; `3@?a` tells no time.
    private static func entities(_ text: String) -> [AdminEntity] {
        text.split(separator: " ").map { word in
            let parts = word.split(separator: "@")
            let number = UInt64(parts[0]) ?? 0
            if parts[1].hasPrefix("?") {
                return AdminEntity(
                    id: EntityID(high: 0, low: number), content: .string(String(parts[1])))
            }
            return entity(number, Double(parts[1]) ?? 0)
        }
    }

    static func reading(_ routes: String, id: String) -> AdminReading {
        var inventory = EntityInventory()
        for kind in EntityKind.allCases { inventory[kind] = [] }
        inventory[.routes] = entities(routes)
        return AdminReading(
            node: KongNode(version: "3.4.1", id: id, hostname: id), inventory: inventory)
    }

    /// A tripwire that was frozen at 0 and had `1@5 2@6` on both sides at 10 s.
    private static func armed(_ mode: FreezeFacts.Mode = .both) -> SplitTripwire {
        var tripwire = SplitTripwire(split: "kong")
        _ = tripwire.take(
            FreezeFacts(split: "kong", mode: mode, sinceMilliseconds: 0), now: 0)
        _ = tripwire.round("1@5 2@6", "1@5 2@6", at: 10_000)
        return tripwire
    }

    @Test(arguments: [
        ("", "", 0, 0, 0), ("1@5", "1@5", 0, 0, 0), ("", "1@5", 1, 0, 0), ("1@5", "", 0, 1, 0),
        ("1@5", "1@6", 0, 0, 1), ("1@5 3@5", "2@5 3@6 4@1", 2, 1, 1),
        ("1@?a", "1@?a", 0, 0, 0), ("1@?a", "1@?b", 0, 0, 1), ("1@?a", "1@5", 0, 0, 1),
    ])
    func `how a list differs from an earlier one`(
        old: String, new: String, added: Int, removed: Int, changed: Int
    ) {
        let changes = EntityChanges(
            from: Self.entities(old), to: Self.entities(new), by: .stamps)
        #expect(changes.added.count == added && changes.removed.count == removed)
        #expect(changes.changed.count == changed)
        #expect(changes.isEmpty == (added + removed + changed == 0))
    }

    @Test(arguments: [
        ("1@5", "1@5", 0), ("1@5", "1@6", 1), ("1@?a", "1@?b", 0), ("1@?a", "1@5", 0),
        ("1@?a", "2@?a", 2),
    ])
    func `two sides are compared by times where both tell one`(
        x: String, y: String, count: Int
    ) {
        let changes = EntityChanges(from: Self.entities(x), to: Self.entities(y), by: .times)
        let all = changes.added.count + changes.removed.count + changes.changed.count
        #expect(all == count)
    }

    @Test func `only the first ids are named and all are counted`() {
        let many = (1...500).map { Self.entity($0, 1) }
        let changes = EntityChanges(from: [], to: many, by: .stamps)
        #expect(changes.added.count == 500)
        #expect(changes.added.named == many.prefix(20).map(\.id))
    }

    @Test func `an id is read as it is written`() throws {
        let text = "10b8f6a2-0c1d-4e5f-8a9b-00ffFF00aa01"
        #expect(try #require(EntityID(text)).description == text.lowercased())
        for bad in [
            "", "10b8f6a2", "10b8f6a2-0c1d-4e5f-8a9b-00ffff00aa0", text + "0",
            "10b8f6a20-c1d-4e5f-8a9b-00ffff00aa01", "g0b8f6a2-0c1d-4e5f-8a9b-00ffff00aa01",
        ] {
            #expect(EntityID(bad) == nil, "\(bad)")
        }
    }

    @Test func `a digest is SHA-256`() {
        #expect(
            SHA256.hexadecimal("abc".utf8)
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256.hexadecimal("".utf8)
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let long = String(repeating: "a", count: 1_000)
        #expect(
            SHA256.hexadecimal(long.utf8)
                == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
    }

    @Test func `the order of names is not a change`() throws {
        let one = try JSONReader.read(#"{"a":1,"b":{"c":[1,2],"d":null}}"#.utf8)
        let same = try JSONReader.read(#"{"b":{"d":null,"c":[1,2]},"a":1}"#.utf8)
        let other = try JSONReader.read(#"{"b":{"d":null,"c":[2,1]},"a":1}"#.utf8)
        let id = EntityID(high: 0, low: 1)
        #expect(AdminEntity(id: id, content: one) == AdminEntity(id: id, content: same))
        #expect(AdminEntity(id: id, content: one) != AdminEntity(id: id, content: other))
    }

    @Test func `a reading before the freeze has settled is no baseline`() {
        var tripwire = SplitTripwire(split: "kong")
        _ = tripwire.take(
            FreezeFacts(split: "kong", mode: .both, sinceMilliseconds: 1_000), now: 2_000)
        #expect(!tripwire.isSettled(now: 10_999) && tripwire.isSettled(now: 11_000))
        _ = tripwire.round("1@5", "1@5", at: 10_999)
        #expect(tripwire.baselines.isEmpty)
        _ = tripwire.round("1@5", "1@5", at: 11_000)
        #expect(tripwire.baselines.keys.sorted() == ["x", "y"])
    }

    @Test(arguments: [
        ("1@5 2@6 3@7", "1@5 2@6 3@7", "added: 1"), ("1@5", "1@5", "removed: 1"),
        ("1@5 2@7", "1@5 2@7", "changed: 1"),
    ])
    func `what changes behind the guard is an alarm`(x: String, y: String, text: String) {
        var tripwire = Self.armed()
        let events = tripwire.round(x, y, at: 40_000)
        #expect(events.count == 2 && events.allSatisfy { $0.level == .error })
        #expect(events[0].text.hasPrefix("tripwire kong: ALARM: routes of x changed behind the"))
        #expect(events[0].text.contains(text))
        #expect(tripwire.alarmedKinds == [.routes])
        #expect(tripwire.round(x, y, at: 70_000) == [], "it is told once")
    }

    @Test func `an alarm stays when the change is changed back`() {
        var tripwire = Self.armed()
        _ = tripwire.round("1@5", "1@5", at: 40_000)
        _ = tripwire.round("1@5 2@6", "1@5 2@6", at: 70_000)
        #expect(tripwire.alarmedKinds == [.routes])
        let events = tripwire.take(nil, now: 80_000)
        #expect(tripwire.alarmedKinds == [] && tripwire.baselines.isEmpty)
        #expect(events.first?.text == "tripwire kong: routes: let go")
    }

    @Test func `nothing amiss is no event`() {
        var tripwire = Self.armed()
        #expect(tripwire.round("1@5 2@6", "1@5 2@6", at: 40_000) == [])
        #expect(tripwire.alarmedKinds == [] && tripwire.disagreements == [])
    }

    @Test func `two sides may differ for as long as Kong needs`() {
        var tripwire = Self.armed(.candidate)
        #expect(tripwire.round("1@5 2@7", "1@5 2@6", at: 40_000) == [])
        #expect(tripwire.disagreements.count == 1 && tripwire.alarmedKinds == [])
        #expect(tripwire.round("1@5 2@7", "1@5 2@7", at: 45_000) == [])
        #expect(tripwire.disagreements == [])
        _ = tripwire.round("1@5 2@8", "1@5 2@7", at: 50_000)
        let events = tripwire.round("1@5 2@8", "1@5 2@7", at: 60_000)
        #expect(tripwire.alarmedKinds == [.routes])
        #expect(events.first?.text.contains("routes of x and y disagree: changed at other") == true)
        let after = tripwire.round("1@5 2@8", "1@5 2@8", at: 70_000)
        #expect(after.map(\.text) == ["tripwire kong: routes of x and y agree again"])
    }

    @Test func `another difference each time is a change on its way`() {
        var tripwire = Self.armed(.candidate)
        for step in 1..<10 {
            let number = step % 2 + 1
            let x = "1@\(number == 1 ? 100 + step : 5) 2@\(number == 2 ? 100 + step : 6)"
            _ = tripwire.round(x, "1@5 2@6", at: 30_000 + Int64(step) * 20_000)
        }
        #expect(tripwire.alarmedKinds == [])
    }

    @Test func `while the stable side takes writes, changes on both are none`() {
        var tripwire = Self.armed(.candidate)
        #expect(tripwire.round("1@9", "1@9", at: 40_000) == [])
        #expect(tripwire.alarmedKinds == [])
    }

    @Test func `another freeze has another baseline`() {
        var tripwire = Self.armed()
        _ = tripwire.round("1@5", "1@5", at: 40_000)
        let events = tripwire.take(
            FreezeFacts(split: "kong", mode: .both, sinceMilliseconds: 50_000), now: 50_000)
        #expect(events.first?.level == .warning)
        #expect(tripwire.baselines.isEmpty && tripwire.settledAtMilliseconds == 60_000)
    }

    @Test func `another mode since the same moment begins when it is seen`() {
        var tripwire = Self.armed(.candidate)
        _ = tripwire.take(
            FreezeFacts(split: "kong", mode: .both, sinceMilliseconds: 0), now: 50_000)
        #expect(tripwire.settledAtMilliseconds == 60_000)
    }

    @Test func `one node at both addresses is told`() {
        var tripwire = Self.armed()
        let one = Self.reading("1@5 2@6", id: "same")
        _ = tripwire.take([("x", one), ("y", one)], began: 40_000, now: 40_000)
        #expect(tripwire.sameNode?.hasPrefix("x and y are one node, same") == true)
    }

    @Test func `a side that cannot be read has its baseline later`() {
        var tripwire = SplitTripwire(split: "kong")
        _ = tripwire.take(
            FreezeFacts(split: "kong", mode: .both, sinceMilliseconds: 0), now: 0)
        _ = tripwire.take(
            [("x", Self.reading("1@5", id: "x"))], began: 10_000, now: 10_000)
        #expect(tripwire.baselines.keys.sorted() == ["x"])
        _ = tripwire.round("1@5", "1@5", at: 900_000)
        let report = TripwireReport(
            tripwire, admins: [], now: 900_000, freshMilliseconds: 1, isDurable: true)
        #expect(report.remarks.count == 1 && report.remarks[0].hasPrefix("the baseline of y is"))
    }

    @Test func `a state is what was kept, byte for byte`() throws {
        var tripwire = Self.armed()
        _ = tripwire.round("1@5 3@7", "1@5 2@9", at: 40_000)
        _ = tripwire.round("1@5 3@7", "1@5 2@9", at: 60_000)
        #expect(tripwire.alarmedKinds == [.routes])
        let text = TripwireState([tripwire, SplitTripwire(split: "other")]).encoded()
        let kept = try TripwireState(decoding: Array(text.utf8)).tripwires
        #expect(kept.count == 1)
        #expect(kept.first?.freeze == tripwire.freeze)
        #expect(kept.first?.baselines == tripwire.baselines)
        #expect(kept.first?.changes == tripwire.changes)
        #expect(kept.first?.alarmedKinds == [.routes])
        for bad in ["", "x", text.replacing("both", with: "off"), String(text.dropLast())] {
            #expect(throws: TripwireState.Fault.self) {
                try TripwireState(decoding: Array(bad.utf8))
            }
        }
        for index in stride(from: 0, to: text.utf8.count, by: 7) {
            var bytes = Array(text.utf8)
            bytes[index] ^= 1
            #expect(throws: TripwireState.Fault.self) { try TripwireState(decoding: bytes) }
        }
    }
}

extension SplitTripwire {
    fileprivate mutating func round(_ x: String, _ y: String, at now: Int64) -> [Event] {
        take(
            [
                ("x", SplitTripwireTests.reading(x, id: "x")),
                ("y", SplitTripwireTests.reading(y, id: "y")),
            ], began: now, now: now)
    }
}
