package import Proxy
package import Settings
package import Splitting
internal import Telemetry

/// What the answer to a check means: answers in, verdicts out.
package enum CheckReading {
    /// A verdict, or that Kong has to be asked once more.
    package enum Step: Sendable, Equatable {
        case verdict(CheckVerdict)
        /// This Kong has no `/status/ready`: `/status` tells it.
        case askStatus
        /// It could not be asked, which says nothing about the target.
        case nothing
    }

    /// A check of the kind `tcp`.
    package static func tcp(_ outcome: ProbeOutcome) -> Step {
        outcome == .connected ? .verdict(.sound) : withoutAnswer(outcome)
    }

    /// A check of the kind `http`.
    package static func http(
        _ outcome: ProbeOutcome, _ expected: HealthSettings.Expectation
    ) -> Step {
        guard case .answered(let answer) = outcome else { return withoutAnswer(outcome) }
        if let reason = lackOfDatabase(answer) { return .verdict(.degraded(reason)) }
        guard expected.statuses.contains(where: { $0.contains(answer.status) }) else {
            return .verdict(.failed("status \(answer.status)"))
        }
        guard let condition = expected.json else { return .verdict(.sound) }
        return .verdict(verdict(answer, condition))
    }

    /// The answer of Kong's status port to `GET /status/ready`.
    package static func kongReady(_ outcome: ProbeOutcome) -> Step {
        guard case .answered(let answer) = outcome else { return withoutAnswer(outcome) }
        switch answer.status {
        case 200: return .verdict(.sound)
        case 404: return .askStatus
        default:
            if let reason = lackOfDatabase(answer) { return .verdict(.degraded(reason)) }
            return .verdict(.failed("status \(answer.status) of /status/ready\(message(answer))"))
        }
    }

    /// The answer of Kong's status port to `GET /status`, which is 200 whatever is missing.
    package static func kongStatus(_ outcome: ProbeOutcome) -> Step {
        guard case .answered(let answer) = outcome else { return withoutAnswer(outcome) }
        guard answer.status == 200 else {
            return .verdict(.failed("status \(answer.status) of /status"))
        }
        if let reason = lackOfDatabase(answer) { return .verdict(.degraded(reason)) }
        let condition = HealthSettings.JSONCondition(
            path: ["database", "reachable"], value: "true")
        return .verdict(verdict(answer, condition))
    }

    /// The answer of Kong's proxy port to any request: whatever Kong itself says below 500 shows
    /// that it is alive. A 5xx that bears its mark does so too, but not that all is well: without
    /// its database, for one, it answers 500 to what it has not cached.
    package static func kongProxy(_ outcome: ProbeOutcome) -> Step {
        guard case .answered(let answer) = outcome else { return withoutAnswer(outcome) }
        guard answer.isKong else {
            return .verdict(.failed("status \(answer.status) without the mark of Kong"))
        }
        if answer.status < 500 { return .verdict(.sound) }
        return .verdict(.degraded("status \(answer.status) of Kong\(message(answer))"))
    }

    private static func withoutAnswer(_ outcome: ProbeOutcome) -> Step {
        switch outcome {
        case .connected: .verdict(.failed("no answer was asked for"))
        case .answered(let answer): .verdict(.failed("status \(answer.status)"))
        case .connectFailed(let result): .verdict(.failed(Wording.text(of: result)))
        case .timedOut(isConnected: false): .verdict(.failed("no connection in time"))
        case .timedOut(isConnected: true): .verdict(.failed("connected, but no answer in time"))
        case .closed: .verdict(.failed("closed without a whole answer"))
        case .reset: .verdict(.failed("reset without a whole answer"))
        case .broken(let kind): .verdict(.failed("broken answer: \(kind)"))
        case .notAsked: .nothing
        }
    }

    /// What Kong says when its database cannot be reached. X and Y share one, so this must not
    /// move a share: the target is degraded, whatever kind of check has found it out.
    private static func lackOfDatabase(_ answer: ProbeAnswer) -> String? {
        // An answer that says neither is not read as JSON at all.
        guard answer.isWhole, answer.body.first == UInt8(ascii: "{"),
            let json = try? JSONReader.read(answer.body)
        else { return nil }
        if answer.status == 503, json["message"]?.text == "failed to connect to database" {
            return "failed to connect to database"
        }
        return json["database"]?["reachable"]?.bool == false
            ? "the database cannot be reached" : nil
    }

    private static func verdict(
        _ answer: ProbeAnswer, _ condition: HealthSettings.JSONCondition
    ) -> CheckVerdict {
        let path = condition.path.joined(separator: ".")
        guard answer.isWhole else {
            return .failed("the answer is too long to look for \(path)")
        }
        do throws(JSONError) {
            var value: JSONValue? = try JSONReader.read(answer.body)
            for name in condition.path { value = value?[name] }
            guard let value else { return .failed("the answer has no \(path)") }
            let wanted = try JSONReader.read(condition.value.utf8)
            if isSame(value, wanted) { return .sound }
            return .failed("\(path) is not \(condition.value)")
        } catch {
            return .failed("the answer is no JSON: \(error)")
        }
    }

    /// 1 and 1.0 are one number.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.double, let right = right.double { return left == right }
        return left == right
    }

    /// What Kong says in its JSON, shortened.
    private static func message(_ answer: ProbeAnswer) -> String {
        guard answer.isWhole, let json = try? JSONReader.read(answer.body),
            let message = json["message"]?.text
        else { return "" }
        return ": " + String(message.prefix(80))
    }
}
