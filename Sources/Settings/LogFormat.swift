/// How the log is written.
package enum LogFormat: String, Sendable, Equatable, CaseIterable {
    /// One line a message: time, level, text.
    case text
    /// One JSON object a message.
    case json
}
