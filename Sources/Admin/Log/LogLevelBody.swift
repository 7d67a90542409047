internal import Logging
internal import Settings

/// The body of a change of the log's level: `{"level": "debug", "for": "10m", "reason": "..."}`.
struct LogLevelBody: Equatable {
    /// What goes back to what sluice.yaml says.
    static let configured = "configured"

    /// nil: as sluice.yaml says.
    let level: Logger.Level?
    /// For so long; nil: as long as the process runs.
    let milliseconds: Int?
    let reason: String

    init(_ bytes: [UInt8]) throws(Refusal) {
        let members = try ChangeBody.object(
            try ChangeBody.parse(bytes), "the body", allowed: ["level", "for", "reason"])
        reason = try ChangeBody.reason(members["reason"])
        guard let name = members["level"]?.text else {
            throw .badRequest("`level` is missing or no string; expected \(Self.names)")
        }
        level = Logger.Level(rawValue: name)
        guard level != nil || name == Self.configured else {
            throw .badRequest("`level` is \(name.debugDescription); expected \(Self.names)")
        }
        milliseconds = try Self.duration(members["for"])
        guard level != nil || milliseconds == nil else {
            throw .badRequest("`for` needs another level; expected it without")
        }
    }

    private static let names =
        (Logger.Level.allCases.map(\.rawValue) + [configured]).joined(separator: ", ")

    private static func duration(_ value: JSONValue?) throws(Refusal) -> Int? {
        guard let value, value != .null else { return nil }
        guard let text = value.text, let time = DurationText.milliseconds(text), time > 0 else {
            throw .badRequest("`for` is no duration; expected one up to 24h, such as \"10m\"")
        }
        return time
    }
}
