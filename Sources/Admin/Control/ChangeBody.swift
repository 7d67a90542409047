internal import Settings

/// The bodies of changes, as JSON. Everything that is not expected is refused and named.
package struct ChangeBody: Sendable, Equatable {
    /// The texts of the numbers, by split and member.
    package let weights: [String: [String: String]]
    package let reason: String
    /// Whether a latched member is raised all the same.
    package let isForced: Bool

    static let longestReason = 1_000

    /// `{"weights": {"x": 75, "y": 25}, "reason": "..."}` for one split.
    package static func split(_ name: String, _ bytes: [UInt8]) throws(Refusal) -> ChangeBody {
        let value = try parse(bytes)
        let members = try object(value, "the body", allowed: ["weights", "reason", "force"])
        guard let weights = members["weights"] else {
            throw .badRequest("`weights` is missing; expected {\"x\": 75, \"y\": 25}")
        }
        return ChangeBody(
            weights: [name: try numbers(weights, "`weights`")],
            reason: try reason(members["reason"]), isForced: try force(members["force"]))
    }

    /// `{"kong": {"weights": {...}}, "kong-tls": {...}, "reason": "..."}` for several splits.
    package static func splits(_ bytes: [UInt8]) throws(Refusal) -> ChangeBody {
        guard let members = try parse(bytes).members else {
            throw .badRequest("the body is no object; expected weights by split")
        }
        var weights: [String: [String: String]] = [:]
        var said: JSONValue?
        var force: JSONValue?
        for member in members {
            if member.name == "force", member.value.members == nil {
                force = member.value
                continue
            }
            // A split may be named `reason` too: then its value is an object.
            if member.name == "reason", member.value.members == nil {
                said = member.value
                continue
            }
            let entries = try object(member.value, "`\(member.name)`", allowed: ["weights"])
            guard let numbers = entries["weights"] else {
                throw .badRequest("`\(member.name).weights` is missing; expected it")
            }
            weights[member.name] = try self.numbers(numbers, "`\(member.name).weights`")
        }
        guard !weights.isEmpty else {
            throw .badRequest("the body names no split; expected at least one")
        }
        return ChangeBody(
            weights: weights, reason: try reason(said), isForced: try self.force(force))
    }

    /// `{"reason": "..."}` or nothing.
    package static func reason(_ bytes: [UInt8]) throws(Refusal) -> String {
        guard !bytes.isEmpty else { return "" }
        let members = try object(try parse(bytes), "the body", allowed: ["reason"])
        return try reason(members["reason"])
    }

    /// `{"reason": "...", "force": true}`, each of it or nothing.
    package static func rollback(
        _ bytes: [UInt8]
    ) throws(Refusal) -> (reason: String, isForced: Bool) {
        guard !bytes.isEmpty else { return ("", false) }
        let members = try object(try parse(bytes), "the body", allowed: ["reason", "force"])
        return (try reason(members["reason"]), try force(members["force"]))
    }

    private static func force(_ value: JSONValue?) throws(Refusal) -> Bool {
        guard let value else { return false }
        guard let isForced = value.bool else {
            throw .badRequest("`force` is \(value.kind); expected true or false")
        }
        return isForced
    }

    static func parse(_ bytes: [UInt8]) throws(Refusal) -> JSONValue {
        do throws(JSONError) {
            return try JSONReader.read(bytes)
        } catch {
            throw .badRequest("the body is no JSON: \(error)")
        }
    }

    static func object(
        _ value: JSONValue, _ owner: String, allowed: [String]
    ) throws(Refusal) -> [String: JSONValue] {
        guard let members = value.members else {
            throw .badRequest("\(owner) is \(value.kind); expected an object")
        }
        for member in members where !allowed.contains(member.name) {
            throw .badRequest(
                "`\(member.name)` is not a field of \(owner); "
                    + "expected \(allowed.joined(separator: ", "))")
        }
        return Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }

    private static func numbers(
        _ value: JSONValue, _ owner: String
    ) throws(Refusal) -> [String: String] {
        guard let members = value.members else {
            throw .badRequest("\(owner) is \(value.kind); expected an object of numbers")
        }
        var texts: [String: String] = [:]
        for member in members {
            guard let text = member.value.numberText else {
                throw .badRequest(
                    "`\(member.name)` of \(owner) is \(member.value.kind); expected a number")
            }
            texts[member.name] = text
        }
        return texts
    }

    static func reason(_ value: JSONValue?) throws(Refusal) -> String {
        guard let value else { return "" }
        guard let text = value.text else {
            throw .badRequest("`reason` is \(value.kind); expected a string")
        }
        guard text.utf8.count <= longestReason else {
            throw .badRequest("`reason` is too long; expected at most 1000 bytes")
        }
        return text
    }
}

/// An answer that refuses: a status code and a reason.
package struct Refusal: Error, Sendable, Equatable {
    /// The status code, and what is wrong and what was expected.
    package let status: Int
    package let message: String

    package init(status: Int, message: String) {
        self.status = status
        self.message = message
    }

    static func badRequest(_ message: String) -> Refusal {
        Refusal(status: 400, message: message)
    }

    /// How the API answers a change that was refused.
    init(_ refusal: WeightRefusal) {
        message = refusal.description
        switch refusal {
        case .unknownSplit: status = 404
        case .invalid: status = 400
        case .outdated: status = 412
        case .overtaken, .latched, .rollout: status = 409
        }
    }
}
