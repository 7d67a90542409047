import Admin
import Kernel
import Logging
import Proxy
import Settings
import Testing

@Suite struct AccessLogWatchTests {
    private static let sound = report(nil)
    private static let full = report(.failed(.noSpace))
    private static let stuck = report(.stuck)

    private static func report(_ fault: AccessLogReport.Fault?) -> AccessLogReport {
        var report = AccessLogReport()
        report.settings = AccessLogSettings(to: .file("a.log"))
        report.fault = fault
        return report
    }

    @Test func `a sound log is not spoken of`() {
        var watch = AccessLogWatch()
        for second in 0..<200 {
            #expect(watch.look(at: Self.sound, dropped: 0, nowSeconds: Double(second)).isEmpty)
        }
    }

    @Test func `a fault is told at once, then once a minute, and its end too`() {
        var watch = AccessLogWatch()
        var told: [Int] = []
        for second in 0..<150 {
            let messages = watch.look(at: Self.full, dropped: 0, nowSeconds: Double(second))
            if !messages.isEmpty { told.append(second) }
            #expect(messages.allSatisfy { $0.level == .error })
            #expect(messages.allSatisfy { $0.text.contains("a.log: No space left") })
        }
        #expect(told == [0, 60, 120])
        let end = watch.look(at: Self.sound, dropped: 0, nowSeconds: 150)
        #expect(end.map(\.level) == [.notice])
        #expect(watch.look(at: Self.sound, dropped: 0, nowSeconds: 151).isEmpty)
    }

    @Test func `another fault is told at once`() {
        var watch = AccessLogWatch()
        #expect(watch.look(at: Self.full, dropped: 0, nowSeconds: 0).count == 1)
        #expect(watch.look(at: Self.stuck, dropped: 0, nowSeconds: 1).count == 1)
        #expect(watch.look(at: Self.full, dropped: 0, nowSeconds: 2).count == 1)
    }

    @Test func `dropped lines are told once a minute, as long as there are more`() {
        var watch = AccessLogWatch()
        var told: [(Int, String)] = []
        for second in 0..<300 {
            let dropped = min(second, 100) * 10
            for message in watch.look(
                at: Self.sound, dropped: dropped, nowSeconds: Double(second))
            {
                #expect(message.level == .warning)
                told.append((second, message.text))
            }
        }
        #expect(told.map(\.0) == [1, 61, 121])
        #expect(told.last?.1.contains("1000 lines were dropped") == true)
    }

    @Test func `a log that is turned off while it had a fault is not written again`() {
        var watch = AccessLogWatch()
        _ = watch.look(at: Self.full, dropped: 0, nowSeconds: 0)
        #expect(watch.look(at: AccessLogReport(), dropped: 0, nowSeconds: 1).isEmpty)
    }
}
