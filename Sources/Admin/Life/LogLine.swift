package import Logging

/// Writes each message as one line on standard error: time, level, text. How much, how and how
/// often is said by the control that all loggers of the process share.
package struct LogLine: LogHandler {
    /// What is written behind each message.
    package var metadata: Logger.Metadata = [:]
    private let control: LogControl
    /// The level of this logger alone; nil: that of all.
    private var own: Logger.Level?

    /// A handler that drops what the control does not let through.
    package init(_ control: LogControl) { self.control = control }

    /// A logger that writes such lines.
    package static func logger(_ control: LogControl) -> Logger {
        Logger(label: "sluice") { _ in LogLine(control) }
    }

    /// A logger whose level nobody changes.
    package static func logger(level: Logger.Level) -> Logger { logger(LogControl(level: level)) }

    /// The least important level that is written.
    package var logLevel: Logger.Level {
        get { own ?? control.levels.current }
        set { own = newValue }
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        control.take(event, metadata.merging(event.metadata ?? [:]) { _, new in new })
    }

    /// One field of what is written behind each message.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
