import Telemetry
import Testing

@testable import Admin

@Suite struct DashboardHistoryTests {
    private static let columns = DashboardHistory.Column.allCases

    private func lane(_ upstream: String) -> Registry.Lane {
        Registry.Lane(split: "kong", upstream: upstream)
    }

    /// A row in which every column has a value of its own.
    private func row(_ number: Int) -> DashboardHistory.Row {
        Self.columns.map { Int32(number * 100 + $0.rawValue) }
    }

    @Test func `it keeps the last hour and no more`() throws {
        var history = DashboardHistory()
        for number in 0..<DashboardHistory.mostRows + 10 {
            history.append([(lane("x"), row(number))], atMilliseconds: Int64(number) * 1_000)
        }
        #expect(history.count == DashboardHistory.mostRows)
        let json = try JSONReader.read(Array(history.json().utf8))
        #expect(json["first"]?.int == 10)
        let times = try #require(json["times"]?.elements)
        #expect(times.count == 3_600 && times.first?.int == 10_000)
        #expect(times.last?.int == 3_609_000)
        let kept = try #require(json["lanes"]?.elements?.first)
        for column in Self.columns {
            let values = try #require(kept["\(column)"]?.elements)
            #expect(values.count == 3_600)
            #expect(values.first?.int == 1_000 + column.rawValue, "\(column)")
            #expect(values.last?.int == 360_900 + column.rawValue, "\(column)")
        }
    }

    @Test(arguments: [false, true])
    func `errors are told by who made them where that is known`(isKong: Bool) {
        var counters = WorkerCounters()
        counters.grow(listeners: 0, upstreams: 1, lanes: 1)
        counters.growKong(upstreams: 1, lanes: 1)
        counters.exchangeEnded(lane: 0, code: 503, durationNanoseconds: 1_000)
        let before = DashboardTotals(counters, lane: 0, isKong: isKong)
        for code in [200, 404, 500, 503, 503] {
            counters.exchangeEnded(lane: 0, code: code, durationNanoseconds: 10_000_000)
        }
        counters.kongResponded(lane: 0, by: .kong, code: 500)
        counters.kongResponded(lane: 0, by: .service, code: 503)
        counters.kongResponded(lane: 0, by: .service, code: 503)
        counters.attemptFailed(lane: 0, kind: .closed)
        let row = DashboardTotals(counters, lane: 0, isKong: isKong)
            .row(since: before, set: 0.25, effective: .nan)
        let value = { (column: DashboardHistory.Column) in row[column.rawValue] }
        #expect(value(.requests) == 5 && value(.attempts) == 1)
        #expect(value(.unknown) == (isKong ? 0 : 3))
        #expect(value(.kong) == (isKong ? 1 : 0) && value(.service) == (isKong ? 2 : 0))
        #expect(value(.serviceFailed) == 0 && value(.sluice) == 0)
        #expect(value(.set) == 250_000 && value(.effective) == -1)
        // Those of this second alone took so long, to one in a hundred.
        for column in [DashboardHistory.Column.p50, .p95, .p99] {
            #expect(abs(value(column) - 10_000) <= 100, "\(column)")
        }
    }

    @Test func `sums and spans are those of the last rows`() {
        var history = DashboardHistory()
        #expect(history.sum(.requests, of: lane("x"), lastRows: 5) == 0)
        #expect(history.span(lastRows: 5) == 0)
        for number in 0..<DashboardHistory.mostRows + 3 {
            history.append(
                [(lane("x"), Self.columns.map { _ in Int32(number % 7) })],
                atMilliseconds: Int64(number) * 1_000)
        }
        let last = DashboardHistory.mostRows + 2
        #expect(
            history.sum(.requests, of: lane("x"), lastRows: 3)
                == (last - 2...last).reduce(0) { $0 + $1 % 7 })
        #expect(history.span(lastRows: 3) == 3_000)
        #expect(history.span(lastRows: 9_999) == 3_599_000)
        #expect(history.sum(.requests, of: lane("none"), lastRows: 3) == 0)
    }

    @Test func `a lane that comes later was not there before, and one that goes is forgotten`()
        throws
    {
        var history = DashboardHistory()
        history.append([(lane("x"), row(1))], atMilliseconds: 1)
        history.append([(lane("x"), row(2)), (lane("y"), row(3))], atMilliseconds: 2)
        let both = try JSONReader.read(Array(history.json().utf8))
        let values = both["lanes"]?.elements?.last?["requests"]?.elements?.compactMap(\.int)
        #expect(values == [-1, 301])
        // What is not known counts as nothing.
        #expect(history.sum(.requests, of: lane("y"), lastRows: 2) == 301)
        history.append([(lane("y"), row(4))], atMilliseconds: 3)
        #expect(history.laneCount == 1)
        let last = history.lastRow()
        #expect(last["number"]?.int == 2 && last["at"]?.int == 3)
        #expect(last["lanes"]?.elements?.count == 1)
    }

    @Test func `lanes beyond the bound are passed over`() {
        var history = DashboardHistory()
        let many = (0..<DashboardHistory.mostLanes + 5).map { (lane("u\($0)"), row(1)) }
        history.append(many, atMilliseconds: 1)
        #expect(history.laneCount == DashboardHistory.mostLanes)
    }

    @Test func `a name is written as JSON has it`() throws {
        var history = DashboardHistory()
        let odd = Registry.Lane(split: "a\"b", upstream: "\\")
        history.append([(odd, row(1))], atMilliseconds: 1)
        let json = try JSONReader.read(Array(history.json().utf8))
        #expect(json["lanes"]?.elements?.first?["split"]?.text == "a\"b")
        #expect(history.lastRow()["lanes"]?.elements?.first?["upstream"]?.text == "\\")
    }
}
