package import Kernel
package import Settings

/// How the access log is.
package struct AccessLogReport: Sendable, Equatable {
    /// Why lines cannot be written now.
    package enum Fault: Sendable, Equatable, CustomStringConvertible {
        /// The last write failed; it is tried again and again.
        case failed(Errno)
        /// The last write has come to nothing for seconds.
        case stuck

        /// The reason in words.
        package var description: String {
            switch self {
            case .failed(let error): "\(error)"
            case .stuck: "nothing can be written for seconds"
            }
        }
    }

    /// Where lines go and how they are written; nil when there is no log.
    package var settings: AccessLogSettings?
    /// nil while lines can be written.
    package var fault: Fault?
    /// Lines that were handed over and are not written yet.
    package var waitingLines = 0
    /// Lines that were written since the start, whatever the settings were.
    package var writtenLines = 0
    /// Writes that failed since the start.
    package var errorCount = 0

    package init() {}

    /// Where lines go, as the settings say it; empty when there is no log.
    package var destination: String {
        switch settings?.to {
        case .standardOutput: "stdout"
        case .file(let path): path
        case nil: ""
        }
    }
}
