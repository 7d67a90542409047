import Splitting
import Testing

@Suite struct CheckScheduleTests {
    private static let targets = (0..<100).map { "t\($0)" }

    private static func schedule(interval: Int64 = 5_000, seed: UInt64 = 1) -> CheckSchedule {
        var schedule = CheckSchedule(interval: interval, seed: seed)
        schedule.run(targets, interval: interval, isNew: false, now: 0)
        return schedule
    }

    @Test(arguments: [100, 5_000, 60_000] as [Int64])
    func `the first checks are spread over the interval, but over no more than a second`(
        interval: Int64
    ) {
        var schedule = Self.schedule(interval: interval)
        let span = min(interval, 1_000)
        let first = schedule.begin(now: span / 2)
        #expect((30...70).contains(first.count))
        _ = schedule.begin(now: span)
        #expect(Set(first).count == first.count)
        #expect(schedule.next == nil)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `each target is checked once an interval and never twice at once`(seed: UInt64) throws {
        var schedule = Self.schedule(seed: seed)
        var random = FastRandom(seed: seed)
        var running: [String: Int64] = [:]
        var counts: [String: Int] = [:]
        var now: Int64 = 0
        while now < 100_000 {
            for target in schedule.begin(now: now) {
                #expect(running[target] == nil)
                running[target] = now + Int64(random.next() % 2_000)
                counts[target, default: 0] += 1
            }
            let ended = running.filter { $0.value <= now }.keys
            for target in ended {
                running[target] = nil
                schedule.end(target)
            }
            let next = ([schedule.next] + running.values.map { Optional($0) }).compactMap(\.self)
            now = max(now + 1, try #require(next.min()))
        }
        #expect(counts.count == 100)
        #expect(counts.values.allSatisfy { (18...22).contains($0) }, "\(counts)")
    }

    @Test func `a check that takes longer than the interval holds up its own target only`() {
        var schedule = CheckSchedule(interval: 100, seed: 1)
        schedule.run(["a", "b"], interval: 100, isNew: false, now: 0)
        #expect(schedule.begin(now: 100) == ["a", "b"])
        schedule.end("b")
        #expect(schedule.begin(now: 250) == ["b"])
        #expect(schedule.next == nil)
        schedule.end("a")
        #expect(schedule.begin(now: 251) == ["a"])
    }

    @Test func `a target that is gone and comes back is not checked while its old check runs`() {
        var schedule = CheckSchedule(interval: 100, seed: 1)
        schedule.run(["a"], interval: 100, isNew: false, now: 0)
        #expect(schedule.begin(now: 100) == ["a"])
        schedule.run([], interval: 100, isNew: false, now: 110)
        #expect(!schedule.isIdle)
        schedule.run(["a"], interval: 100, isNew: false, now: 120)
        #expect(schedule.begin(now: 500).isEmpty)
        schedule.end("a")
        #expect(schedule.begin(now: 501) == ["a"])
        schedule.run([], interval: 100, isNew: false, now: 502)
        schedule.end("a")
        #expect(schedule.isIdle)
    }

    @Test func `other questions and a shorter interval are not waited for`() {
        var schedule = CheckSchedule(interval: 60_000, seed: 1)
        schedule.run(["a"], interval: 60_000, isNew: false, now: 0)
        _ = schedule.begin(now: 1_000)
        schedule.end("a")
        #expect(schedule.begin(now: 3_000).isEmpty)
        schedule.run(["a"], interval: 500, isNew: false, now: 3_000)
        #expect(schedule.begin(now: 3_500) == ["a"])
        schedule.end("a")
        schedule.run(["a"], interval: 60_000, isNew: true, now: 3_500)
        #expect(schedule.begin(now: 4_500) == ["a"])
    }
}
