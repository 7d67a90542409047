import Kernel
import Reactor
import Testing

@Suite
struct TimerWheelTests {
    /// 2^26 ns: how late a deadline may be noticed.
    private let tick: Int64 = 1 << 26

    @Test
    func `a deadline never fires early and at most one tick late`() {
        for deadline in stride(from: Int64(0), to: 5 * tick, by: 3_999_999) {
            var wheel = TimerWheel(now: at(0))
            wheel.set(7, to: at(deadline))
            let early = wheel.nextExpired(now: at(deadline))
            let due = wheel.nextExpired(now: at(deadline + tick))
            let again = wheel.nextExpired(now: at(deadline + 10 * tick))
            #expect(early == nil)
            #expect(due == 7)
            #expect(again == nil)
        }
    }

    @Test
    func `a deadline that is handed on is the same, however often`() {
        var wheel = TimerWheel(now: at(0))
        wheel.set(1, to: at(5 * tick + 17))
        for index in 1..<100 {
            wheel.set(index + 1, to: wheel.deadline(of: index) ?? .never)
            wheel.cancel(index)
        }
        let (cancelled, unknown) = (wheel.deadline(of: 5), wheel.deadline(of: 5_000))
        let early = wheel.nextExpired(now: at(5 * tick))
        let due = wheel.nextExpired(now: at(6 * tick))
        #expect(early == nil)
        #expect(due == 100)
        #expect(cancelled == nil && unknown == nil)
    }

    @Test
    func `a deadline that is over when it is set fires with the next tick`() {
        var wheel = TimerWheel(now: at(100 * tick))
        wheel.set(0, to: at(3))
        let now = wheel.nextExpired(now: at(100 * tick))
        let next = wheel.nextExpired(now: at(101 * tick))
        #expect(now == nil)
        #expect(next == 0)
    }

    @Test
    func `a deadline moved back fires at the later time only`() {
        var wheel = TimerWheel(now: at(0))
        wheel.set(1, to: at(2 * tick))
        wheel.set(1, to: at(50 * tick))
        let early = wheel.nextExpired(now: at(50 * tick))
        let due = wheel.nextExpired(now: at(51 * tick))
        #expect(early == nil)
        #expect(due == 1)
    }

    @Test
    func `a deadline moved forward fires at the earlier time only`() {
        var wheel = TimerWheel(now: at(0))
        wheel.set(1, to: at(5_000 * tick))
        wheel.set(1, to: at(2 * tick))
        let due = wheel.nextExpired(now: at(3 * tick))
        let again = wheel.nextExpired(now: at(9_000 * tick))
        #expect(due == 1)
        #expect(again == nil)
    }

    @Test
    func `a cancelled deadline does not fire, and cancelling twice or nothing is harmless`() {
        var wheel = TimerWheel(now: at(0))
        for index in 0..<3 { wheel.set(index, to: at(tick)) }
        wheel.cancel(1)
        wheel.cancel(1)
        wheel.cancel(99_999)
        #expect(expired(&wheel, now: 9 * tick) == [0, 2])
    }

    @Test
    func `thousands of deadlines in one tick all fire`() {
        var wheel = TimerWheel(now: at(0))
        for index in 0..<5_000 { wheel.set(index, to: at(tick + 1)) }
        for index in 0..<5_000 where index.isMultiple(of: 5) { wheel.cancel(index) }
        let fired = expired(&wheel, now: 3 * tick)
        #expect(fired == (0..<5_000).filter { !$0.isMultiple(of: 5) })
    }

    @Test(arguments: [1_000, 1_023, 1_024, 1_025, 2_049, 100_000] as [Int64])
    func `a deadline beyond one round of the wheel keeps its time`(ticks: Int64) {
        var wheel = TimerWheel(now: at(0))
        wheel.set(3, to: at(ticks * tick))
        var now = Int64(0)
        while now < ticks * tick {
            now = min(now + 600 * tick, ticks * tick)
            #expect(wheel.nextExpired(now: at(now)) == nil)
        }
        #expect(wheel.nextExpired(now: at(now + tick)) == 3)
    }

    @Test
    func `all that is due fires after a jump of a year`() {
        var wheel = TimerWheel(now: at(0))
        for index in 0..<100 { wheel.set(index, to: at(Int64(index) * 40 * tick)) }
        let year: Int64 = 365 * 86_400 * 1_000_000_000
        #expect(expired(&wheel, now: year) == Array(0..<100))
        wheel.set(5, to: at(year + tick))
        #expect(wheel.nextExpired(now: at(year + tick)) == nil)
        #expect(wheel.nextExpired(now: at(year + 2 * tick)) == 5)
    }

    @Test
    func `an empty wheel waits without end, another until its next deadline`() {
        var wheel = TimerWheel(now: at(0))
        #expect(wheel.nextWake() == nil)
        wheel.set(0, to: at(10 * tick))
        #expect(wheel.nextWake() == at(11 * tick))
        wheel.cancel(0)
        #expect(wheel.nextWake() == nil)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
    func `a wheel agrees with a table of deadlines over many random steps`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let began = Int64.random(in: 0...1 << 50, using: &random)
        var now = began
        var wheel = TimerWheel(now: at(now))
        var model: [Int: Int64] = [:]
        for _ in 0..<20_000 {
            let index = Int.random(in: 0..<300, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let ahead = Int64.random(in: -2 * tick...3_000 * tick, using: &random)
                let deadline = now + ahead / Int64.random(in: 1...100, using: &random)
                wheel.set(index, to: at(deadline))
                model[index] = max(deadline, now)
            case 6:
                wheel.cancel(index)
                model[index] = nil
            default:
                let wake = wheel.nextWake()?.nanoseconds
                if let next = model.values.min() {
                    #expect(wake.map { $0 <= max(next, now) + 2 * tick } == true)
                } else {
                    #expect(wake == nil)
                }
                let step = Int64.random(in: 0...200 * tick, using: &random)
                now += step / Int64.random(in: 1...200, using: &random)
                while let fired = wheel.nextExpired(now: at(now)) {
                    let deadline = model.removeValue(forKey: fired)
                    #expect(deadline.map { $0 <= now } == true, "early or unknown: \(fired)")
                }
                #expect(model.values.allSatisfy { $0 > now - tick }, "late at \(now)")
            }
        }
    }

    private func at(_ nanoseconds: Int64) -> Instant { Instant(nanoseconds: nanoseconds) }

    private func expired(_ wheel: inout TimerWheel, now: Int64) -> [Int] {
        var fired: [Int] = []
        while let index = wheel.nextExpired(now: at(now)) { fired.append(index) }
        return fired.sorted()
    }
}
