internal import Kernel
package import Logging

/// Writes each message as one line on standard error: time, level, text.
package struct LogLine: LogHandler {
    /// What is written behind each message, and the least important level that is written.
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level

    /// A handler that drops what is less important than `level`.
    package init(level: Logger.Level) { logLevel = level }

    /// A logger that writes such lines.
    package static func logger(level: Logger.Level) -> Logger {
        Logger(label: "sluice") { _ in LogLine(level: level) }
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        let time = Timestamp.text(milliseconds: WallClock.nanoseconds() / 1_000_000)
        let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let facts = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
        // One message, one line: whatever a text brings along must not look like another.
        let text = event.message.description.split(whereSeparator: \.isNewline)
            .joined(separator: " | ")
        let level = event.level.rawValue
        let space = String(repeating: " ", count: max(1, 9 - level.count))
        StandardStream.error.write("\(time) \(level)\(space)\(text)\(facts.joined())\n")
    }

    /// One field of what is written behind each message.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
