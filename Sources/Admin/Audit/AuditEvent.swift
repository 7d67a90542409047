/// Something that was changed or acknowledged, on its way into the audit.
package struct AuditEvent: Sendable, Equatable {
    /// What it is: `weights`, `drain`, `freeze`, `latch`, `acknowledgement`...
    package let kind: String
    /// The split that it is of, and what of it; nil where there is none.
    package let split: String?
    package let subject: String?
    /// What it was before and what it is now.
    package let from: JSONValue
    package let to: JSONValue
    /// Why, as the one who asked for it said; empty when nothing was said.
    package let reason: String
    /// How the traffic was at that moment.
    package let metrics: JSONValue
    /// What else there is to tell.
    package let facts: [JSONValue.Member]
    /// Who asked for it.
    package let caller: Caller

    /// An event; who asked for it is known to the task, unless said.
    package init(
        _ kind: String, split: String? = nil, subject: String? = nil, from: JSONValue = .null,
        to: JSONValue = .null, reason: String = "", metrics: JSONValue = .null,
        facts: [JSONValue.Member] = [], caller: Caller = .current
    ) {
        self.kind = kind
        self.split = split
        self.subject = subject
        self.from = from
        self.to = to
        self.reason = reason
        self.metrics = metrics
        self.facts = facts
        self.caller = caller
    }

    var members: [JSONValue.Member] {
        [
            .init(name: "event", value: .string(kind)),
            .init(name: "split", value: split.map { .string($0) } ?? .null),
            .init(name: "subject", value: subject.map { .string($0) } ?? .null),
            .init(name: "who", value: caller.json),
            .init(name: "from", value: from),
            .init(name: "to", value: to),
            .init(name: "reason", value: .string(reason)),
            .init(name: "metrics", value: metrics),
        ] + facts
    }
}
