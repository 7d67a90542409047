internal import Settings

/// What is asked for: connections older than this follow the weights, spread over that time.
package struct ShiftRequest: Sendable, Equatable {
    /// The split; nil: every one.
    package let split: String?
    package let maxAgeMilliseconds: Int
    package let overMilliseconds: Int
    package let reason: String

    package init(
        split: String?, maxAgeMilliseconds: Int, overMilliseconds: Int = 30_000,
        reason: String = ""
    ) {
        self.split = split
        self.maxAgeMilliseconds = maxAgeMilliseconds
        self.overMilliseconds = overMilliseconds
        self.reason = reason
    }

    /// Reads `{"max_age": "10m", "over": "30s", "reason": "..."}`; all but the age may be left out.
    package init(split: String?, _ bytes: [UInt8]) throws(Refusal) {
        let members = try ChangeBody.object(
            try ChangeBody.parse(bytes), "the body", allowed: ["max_age", "over", "reason"])
        guard let age = members["max_age"] else {
            throw .badRequest("`max_age` is missing; expected a duration such as \"10m\"")
        }
        self.init(
            split: split, maxAgeMilliseconds: try Self.duration(age, "max_age"),
            overMilliseconds: try members["over"].map { (value) throws(Refusal) in
                try Self.duration(value, "over")
            } ?? 30_000,
            reason: try ChangeBody.reason(members["reason"]))
    }

    private static func duration(_ value: JSONValue, _ name: String) throws(Refusal) -> Int {
        let expected = "expected a duration up to 24h such as \"10m\" or \"30s\""
        guard let text = value.text else {
            throw .badRequest("`\(name)` is \(value.kind); \(expected)")
        }
        guard let milliseconds = DurationText.milliseconds(text) else {
            throw .badRequest("`\(name)` is \(text.debugDescription); \(expected)")
        }
        return milliseconds
    }
}

/// Why nothing is shifted.
package enum ShiftFault: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownSplit(String, known: [String])

    /// What is wrong and what was expected.
    package var description: String {
        switch self {
        case .unknownSplit(let name, let known):
            "there is no split \(name.debugDescription); expected one of "
                + known.joined(separator: ", ")
        }
    }
}
