/// One thing that was looked at.
package struct DoctorFinding: Sendable, Equatable {
    /// How it is.
    package enum Level: String, Sendable {
        case ok, warn, fail
    }

    /// How it is, and what was looked at.
    package let level: Level
    package let topic: String
    /// What was found, and what to do; empty for nothing.
    package let text: String
    package let advice: String

    package init(_ level: Level, _ topic: String, _ text: String, advice: String = "") {
        self.level = level
        self.topic = topic
        self.text = text
        self.advice = advice
    }

    /// As people read it: a line, and what to do on one of its own.
    package var line: String {
        let name = level.rawValue + String(repeating: " ", count: 4 - level.rawValue.count)
        let first = "\(name)  \(topic): \(text)\n"
        return advice.isEmpty ? first : first + "      \(advice)\n"
    }

    var json: JSONValue {
        .object([
            "level": .string(level.rawValue), "topic": .string(topic), "text": .string(text),
            "advice": advice.isEmpty ? .null : .string(advice),
        ])
    }
}
