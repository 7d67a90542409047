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
                let text: String
                if isTerminal {
                    recent = (recent + fresh).suffix(Self.keptNotes)
                    let up = shown > 0 ? "\u{1b}[\(shown)A\u{1b}[J" : ""
                    let page = Self.page(report, recent, elapsed)
                    shown = page.count { $0 == "\n" }
                    text = up + page
                } else {
                    let lines = fresh.map { "\($0)\n" } + ["\(elapsed) s  \(report.line)"]
                    text = lines.joined()
                }
                // Where nobody can read it any more, nobody wants its load either.
                if StandardStream.output.write(text) != nil { return }
            }
        }
    }

    private static func page(_ report: DemoReport, _ notes: [String], _ elapsed: Int) -> String {
        "  \(StatusText.duration(elapsed))\n\n" + report.table + "\n"
            + notes.map { "  \($0)\n" }.joined()
    }
}
