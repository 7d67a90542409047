internal import Kernel
internal import ServiceLifecycle

/// Shows the split live: in place on a terminal, line by line elsewhere.
struct DemoView: Service {
    private static let keptNotes = 5

    let operation: Operation
    let split: String
    let load: DemoLoad
    let notes: DemoNotes.Pad
    /// nil: until a signal comes.
    let seconds: Int?
    let isTerminal: Bool
    private let last = Lock<DemoReport?>(nil)

    init(
        operation: Operation, split: String, load: DemoLoad, notes: DemoNotes.Pad, seconds: Int?,
        isTerminal: Bool
    ) {
        self.operation = operation
        self.split = split
        self.load = load
        self.notes = notes
        self.seconds = seconds
        self.isTerminal = isTerminal
    }

    /// What was shown last.
    var lastReport: DemoReport? { last.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var shown = 0
            var recent: [String] = []
            var elapsed = 0
            while !Task.isCancelled, elapsed < seconds ?? Int.max {
                try? await Task.sleep(for: .seconds(1))
                if Task.isCancelled { return }
                elapsed += 1
                let report = await operation.demoReport(of: split, errors: load.failureCount)
                last.withLock { $0 = report }
                let fresh = notes.takeAll()
                if isTerminal {
                    recent = (recent + fresh).suffix(Self.keptNotes)
                    shown = redraw(report, recent, elapsed, over: shown)
                } else {
                    let lines = fresh.map { "\($0)\n" } + ["\(elapsed) s  \(report.line)"]
                    StandardStream.output.write(lines.joined())
                }
            }
        }
    }

    /// Draws over the last `shown` lines; returns how many there are now.
    private func redraw(
        _ report: DemoReport, _ notes: [String], _ elapsed: Int, over shown: Int
    ) -> Int {
        let up = shown > 0 ? "\u{1b}[\(shown)A\u{1b}[J" : ""
        let text =
            "  \(StatusText.duration(elapsed))\n\n" + report.table + "\n"
            + notes.map { "  \($0)\n" }.joined()
        StandardStream.output.write(up + text)
        return text.count { $0 == "\n" }
    }
}
