/// Where each exchange is written down, and how.
package struct AccessLogSettings: Sendable, Equatable {
    /// How a line is written.
    package enum Format: String, Sendable, Equatable, CaseIterable {
        /// One JSON object a line.
        case json
        /// The combined log format of web servers.
        case combined
    }

    /// Where lines go.
    package enum Destination: Sendable, Equatable {
        case standardOutput
        /// A file's path, ready to open.
        case file(String)
    }

    /// Where the lines go.
    package var to: Destination
    /// How they are written.
    package var format: Format

    /// JSON lines, unless said.
    package init(to: Destination, format: Format = .json) {
        self.to = to
        self.format = format
    }
}
