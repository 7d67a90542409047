/// The body of a drain and of its end: `{"target": "...", "reason": "..."}`, each of it or nothing.
package struct DrainBody: Sendable, Equatable {
    /// The target's address; nil: the whole upstream.
    package let target: String?
    package let reason: String

    /// Reads it; everything that is not expected is refused and named.
    package init(_ bytes: [UInt8]) throws(Refusal) {
        guard !bytes.isEmpty else {
            target = nil
            reason = ""
            return
        }
        let members = try ChangeBody.object(
            try ChangeBody.parse(bytes), "the body", allowed: ["target", "reason"])
        reason = try ChangeBody.reason(members["reason"])
        switch members["target"] {
        case nil, .null?: target = nil
        case .string(let text)?: target = text
        case let other?:
            throw .badRequest("`target` is \(other.kind); expected a string such as \"HOST:PORT\"")
        }
    }
}
