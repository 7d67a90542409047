import Kernel
import Logging
import Proxy
import Settings
import Telemetry
import Testing

@testable import Admin

/// Spans that wait, are sent, sent again, or dropped.
@Suite(.timeLimit(.minutes(5))) struct TraceExporterTests {
    /// A collector that says what a test wants, and has everything when it has nothing to say.
    private final class Collector: TraceTransport {
        private struct State {
            var replies: [TraceReply]
            var counts: [Int] = []
            var fields: [String] = []
            var endpoints: Set<String> = []
        }

        private let state: Lock<State>
        private let holds: Bool

        init(_ replies: [TraceReply] = [], holds: Bool = false) {
            state = Lock(State(replies: replies))
            self.holds = holds
        }

        /// How many spans came in each message, and the fields of the last one.
        var counts: [Int] { state.withLock { $0.counts } }
        var fields: [String] { state.withLock { $0.fields } }
        var endpoints: Set<String> { state.withLock { $0.endpoints } }

        func send(
            _ body: [UInt8], to endpoint: String, fields: [(name: String, value: String)],
            milliseconds: Int
        ) async -> TraceReply {
            let value = try? JSONReader.read(body)
            let scopes = value?["resourceSpans"]?.elements?.first?["scopeSpans"]?.elements
            let count = scopes?.first?["spans"]?.elements?.count ?? -1
            let reply = state.withLock { state in
                state.counts.append(count)
                state.fields = fields.map { "\($0.name)=\($0.value)" }
                state.endpoints.insert(endpoint)
                return state.replies.isEmpty
                    ? .taken(rejected: 0, message: "") : state.replies.removeFirst()
            }
            while holds, !Task.isCancelled { await Task.yield() }
            return holds && Task.isCancelled ? .cancelled : reply
        }

        func close() async {}
    }

    private struct Scene {
        let collector: Collector
        let tally = TraceTally()
        let log = Lock<[String]>([])
        let exporter: TraceExporter

        init(
            _ collector: Collector, waiting: Int = 4_096, headersFile: String? = nil,
            interval: Int = 100, pause: Int = 2
        ) {
            self.collector = collector
            var bounds = TraceExporter.Bounds()
            bounds.fields = 0
            bounds.waiting = waiting
            bounds.firstPause = pause
            bounds.longestPause = max(pause, bounds.longestPause)
            bounds.fields = 0
            let log = log
            var logger = Logger(label: "test") { _ in LogControlHandler(log) }
            logger.logLevel = .notice
            exporter = TraceExporter(collector, tally: tally, logger: logger, bounds: bounds)
            exporter.adopt(
                TraceSettings(
                    endpoint: "http://c", headersFile: headersFile,
                    intervalMilliseconds: interval))
        }

        /// Returns when two messages have been sent, one after the other.
        func passTime() async throws {
            for count in 1...2 {
                exporter.add([ExchangeSpan()])
                try await run(until: count)
            }
        }

        /// Sends until so many spans are accounted for.
        func run(until count: Int) async throws {
            let task = Task { await exporter.run() }
            try await wait("for \(count) spans") { sum >= count }
            task.cancel()
            await task.value
        }

        private var sum: Int {
            let counts = tally.counts
            return counts.exported + counts.dropped + counts.failed
        }
    }

    private func spans(_ count: Int) -> [ExchangeSpan] {
        (0..<count).map { _ in ExchangeSpan() }
    }

    @Test func `a message has so many spans at most, and the last ones go at the end`() async throws
    {
        let scene = Scene(Collector())
        scene.exporter.add(spans(1_100))
        await scene.exporter.finish(milliseconds: 60_000)
        #expect(scene.collector.counts == [512, 512, 76])
        #expect(scene.collector.endpoints == ["http://c"])
        #expect(scene.tally.counts == TraceCounts(exported: 1_100))
        #expect(scene.log.withLock { $0 }.isEmpty)
    }

    @Test func `a message goes when enough spans are there, however long its time is`()
        async throws
    {
        let scene = Scene(Collector(), interval: 3_600_000)
        let other = Scene(Collector(), interval: 1)
        scene.exporter.add(spans(511))
        let task = Task { await scene.exporter.run() }
        try await other.passTime()
        scene.exporter.add(spans(1))
        try await wait("for a message") { !scene.collector.counts.isEmpty }
        task.cancel()
        await task.value
        #expect(scene.collector.counts == [512])
    }

    @Test func `what a collector asks for holds, and not the pause of our own`() async throws {
        let hour = 3_600_000
        let scene = Scene(Collector([.again(seconds: 0, reason: "busy")]), pause: hour)
        scene.exporter.add(spans(1))
        try await scene.run(until: 1)
        #expect(scene.collector.counts == [1, 1])
        // The other way round nobody comes again before it is time.
        let patient = Scene(Collector([.again(seconds: 60, reason: "busy")]))
        patient.exporter.add(spans(1))
        let task = Task { await patient.exporter.run() }
        try await wait("for a message") { !patient.collector.counts.isEmpty }
        try await Scene(Collector()).passTime()
        #expect(patient.collector.counts == [1])
        task.cancel()
        await task.value
        #expect(patient.tally.counts == TraceCounts())
    }

    @Test func `spans without room are dropped and counted`() async throws {
        let scene = Scene(Collector(), waiting: 10)
        scene.exporter.add(spans(4))
        scene.exporter.add(spans(25))
        #expect(scene.tally.counts == TraceCounts(dropped: 19))
        try await scene.run(until: 29)
        #expect(scene.tally.counts == TraceCounts(exported: 10, dropped: 19))
    }

    @Test(
        arguments: [
            ([.again(seconds: 0, reason: "busy"), .again(seconds: nil, reason: "busy")], 3, 5, 0),
            (Array(repeating: .again(seconds: 0, reason: "busy"), count: 5), 5, 0, 5),
            ([.refused(reason: "no")], 1, 0, 5),
            ([.taken(rejected: 3, message: "too old")], 1, 2, 3),
            ([.taken(rejected: 9, message: "")], 1, 0, 5),
        ] as [([TraceReply], Int, Int, Int)])
    func `what is not taken is sent again as long as that may help`(
        replies: [TraceReply], times: Int, exported: Int, failed: Int
    ) async throws {
        let scene = Scene(Collector(replies))
        scene.exporter.add(spans(5))
        try await scene.run(until: 5)
        #expect(scene.collector.counts == Array(repeating: 5, count: times))
        #expect(scene.tally.counts == TraceCounts(exported: exported, failed: failed))
        // A fault is told once, and its end.
        let log = scene.log.withLock { $0 }
        #expect(log.count == (times == 3 ? 2 : 1), "\(log)")
        #expect(log.first?.hasPrefix("otlp: http://c: ") == true)
    }

    @Test func `what was on its way when the end came goes once more`() async throws {
        let scene = Scene(Collector(holds: true))
        scene.exporter.add(spans(5))
        let task = Task { await scene.exporter.run() }
        try await wait("for a message") { scene.collector.counts == [5] }
        // Its answer does not come; meanwhile nobody is held up.
        scene.exporter.add(spans(2))
        task.cancel()
        await task.value
        #expect(scene.tally.counts == TraceCounts())
        let end = Task { await scene.exporter.finish(milliseconds: 60_000) }
        try await wait("for the last message") { scene.collector.counts == [5, 7] }
        end.cancel()
        await end.value
        #expect(scene.tally.counts == TraceCounts(dropped: 7))
    }

    @Test func `with nobody to tell, what waits is dropped`() async throws {
        let scene = Scene(Collector())
        scene.exporter.add(spans(5))
        scene.exporter.adopt(nil)
        scene.exporter.add(spans(2))
        #expect(scene.tally.counts == TraceCounts(dropped: 7))
        scene.tally.lost(inTotal: 10)
        #expect(scene.tally.counts == TraceCounts(dropped: 17))
        await scene.exporter.finish(milliseconds: 1_000)
        #expect(scene.collector.counts.isEmpty)
    }

    @Test func `the file's fields go along, and without the file nothing goes`() async throws {
        let folder = try TemporaryFolder()
        let lost = Scene(Collector(), headersFile: "\(folder.path)/fields")
        lost.exporter.add(spans(1))
        try await lost.run(until: 1)
        #expect(lost.collector.counts.isEmpty && lost.tally.counts == TraceCounts(failed: 1))
        #expect(lost.log.withLock { $0.first }?.contains("/fields: ") == true)

        try folder.write("# who we are\nAuthorization: Bearer abc\r\n\nX-A:b c \n", to: "fields")
        let scene = Scene(Collector(), headersFile: "\(folder.path)/fields")
        scene.exporter.add(spans(1))
        try await scene.run(until: 1)
        #expect(scene.collector.fields == ["Authorization=Bearer abc", "X-A=b c"])

        // It is read anew; while it has a fault, what was read before counts.
        for (text, known) in [("X-A: d\n", "X-A=d"), ("no colon\n", "X-A=d"), ("X: e\n", "X=e")] {
            try folder.write(text, to: "fields")
            scene.exporter.add(spans(1))
            try await scene.run(until: scene.collector.counts.count + 1)
            #expect(scene.collector.fields == [known])
        }
        #expect(scene.tally.counts == TraceCounts(exported: 4))
    }

    @Test func `a file that breaks is told once, and when it is sound again`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("A: b\n", to: "fields")
        let scene = Scene(Collector(), headersFile: "\(folder.path)/fields")
        for (number, text) in ["A: b", "nonsense", "nonsense", "", "C: d"].enumerated() {
            if text.isEmpty {
                try folder.remove("fields")
            } else {
                try folder.write(text + "\n", to: "fields")
            }
            scene.exporter.add(spans(1))
            try await scene.run(until: number + 1)
            #expect(scene.collector.fields == [number < 4 ? "A=b" : "C=d"], "\(number)")
        }
        let log = scene.log.withLock { $0 }
        #expect(log.count == 3, "\(log)")
        #expect(log.first?.hasPrefix("otlp: headers_file: \(folder.path)/fields:1: ") == true)
        #expect(log.last == "otlp: headers_file: \(folder.path)/fields is sound again")
    }
}

/// Keeps messages.
private struct LogControlHandler: LogHandler {
    private let lines: Lock<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    init(_ lines: Lock<[String]>) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.withLock { $0.append("\(event.message)") } }
}
