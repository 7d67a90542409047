internal import Kernel
internal import Logging

/// Keeps the log's last lines, which the demo shows in its own place.
struct DemoNotes: LogHandler {
    final class Pad: Sendable {
        private let lines = Lock<[String]>([])

        func add(_ line: String) { lines.withLock { $0.append(line) } }

        /// What was added since the last call.
        func takeAll() -> [String] {
            lines.withLock { lines in
                let taken = lines
                lines = []
                return taken
            }
        }
    }

    let pad: Pad
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    static func logger(_ pad: Pad) -> Logger {
        Logger(label: "sluice") { _ in DemoNotes(pad: pad) }
    }

    func log(event: LogEvent) { pad.add("\(event.message)") }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
