import Admin
import Testing

@Suite struct NameScheduleTests {
    private static func schedule(_ intervals: [String: Int64], now: Int64 = 0) -> NameSchedule {
        var schedule = NameSchedule()
        schedule.run(intervals, now: now)
        return schedule
    }

    @Test func `names are looked up once in their upstream's interval`() {
        var schedule = Self.schedule(["x": 10_000, "y": 3_000])
        #expect(schedule.next == 3_000)
        #expect(schedule.begin(now: 2_999).isEmpty)
        #expect(schedule.begin(now: 3_000) == ["y"])
        schedule.end("y")
        #expect(schedule.begin(now: 10_000) == ["x", "y"])
    }

    @Test func `a resolver that hangs is asked once`() {
        var schedule = Self.schedule(["x": 1_000])
        #expect(schedule.begin(now: 1_000) == ["x"])
        schedule.hurry("x", now: 5_000)
        #expect(schedule.begin(now: 9_000).isEmpty)
        #expect(schedule.next == nil)
        schedule.end("x")
        #expect(schedule.begin(now: 9_001) == ["x"])
    }

    @Test func `after a failed connect names are looked up soon, but once a second at most`() {
        var schedule = Self.schedule(["x": 10_000])
        schedule.hurry("x", now: 4_000)
        #expect(schedule.begin(now: 4_000) == ["x"])
        schedule.end("x")
        for now in stride(from: 4_000, to: 4_999, by: 100) as StrideTo<Int64> {
            schedule.hurry("x", now: now)
            #expect(schedule.begin(now: now).isEmpty)
        }
        #expect(schedule.begin(now: 5_000) == ["x"])
        schedule.end("x")
        // Nothing failed since: the interval again.
        #expect(schedule.next == 15_000)
    }

    @Test func `no interval is shorter than a second, and no one hurries who has no names`() {
        var schedule = Self.schedule(["x": 5])
        #expect(schedule.next == 1_000)
        schedule.hurry("y", now: 0)
        #expect(schedule.begin(now: 999).isEmpty)
    }

    @Test func `a reload keeps the rhythm of those that stay`() {
        var schedule = Self.schedule(["x": 10_000])
        schedule.run(["x": 10_000, "y": 10_000], now: 6_000)
        #expect(schedule.begin(now: 10_000) == ["x"])
        schedule.end("x")
        schedule.run(["x": 2_000], now: 11_000)
        #expect(schedule.next == 12_000)
        schedule.run([:], now: 11_500)
        #expect(schedule.next == nil)
    }
}
