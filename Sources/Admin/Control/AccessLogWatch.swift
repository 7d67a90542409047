package import Logging
package import Proxy

/// Says when the access log cannot be written, at once and then once in a while, and when it can
/// be again.
package struct AccessLogWatch: Sendable {
    /// One message.
    package struct Message: Sendable, Equatable {
        /// How important it is, and what it says.
        package let level: Logger.Level
        package let text: String
    }

    /// A trouble that lasts is spoken of again after so long.
    private static let pauseSeconds = 60.0

    private var fault: AccessLogReport.Fault?
    private var faultIsQuietUntil = -Double.infinity
    private var dropped = 0
    private var dropsAreQuietUntil = -Double.infinity

    package init() {}

    /// What is to be said about the log as it is; asked about once a second. `dropped` lines found
    /// no room since the start.
    package mutating func look(
        at report: AccessLogReport, dropped count: Int, nowSeconds: Double
    ) -> [Message] {
        var messages: [Message] = []
        let name = "access log \(report.destination)"
        if let found = report.fault {
            if found != fault || nowSeconds >= faultIsQuietUntil {
                faultIsQuietUntil = nowSeconds + Self.pauseSeconds
                let text = "\(name): \(found); lines wait until they can be written"
                messages.append(Message(level: .error, text: text))
            }
        } else if fault != nil, report.settings != nil {
            messages.append(Message(level: .notice, text: "\(name): lines are written again"))
        }
        fault = report.fault
        if count > dropped, nowSeconds >= dropsAreQuietUntil {
            dropsAreQuietUntil = nowSeconds + Self.pauseSeconds
            let text = "\(name): too slow; \(count) lines were dropped since the start"
            messages.append(Message(level: .warning, text: text))
            dropped = count
        }
        return messages
    }
}
