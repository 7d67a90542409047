internal import Splitting

/// What `sluice top` does with keys: which split is chosen, and what is asked for. Pure.
package struct TopSession: Sendable {
    /// What is to be done.
    package enum Action: Sendable, Equatable {
        /// Nothing, or to draw anew only.
        case none
        /// To send this to the control socket.
        case send(Request)
        case quit
    }

    /// A request of the control API, and what to say when it is done.
    package struct Request: Sendable, Equatable {
        /// Its line, its body, what must still be set, and what to say when it is done.
        package let method: String
        package let path: String
        package let body: JSONValue
        package let ifGeneration: UInt64?
        package let done: String
    }

    /// What is shown last.
    package private(set) var now: JSONValue = .null
    /// The number of the chosen split.
    package private(set) var chosen = 0
    /// A question, or what came of the last answer to one.
    package private(set) var message = ""
    /// A question in few words, for where there is little room: the key first.
    package private(set) var shortMessage = ""
    private var asked: Request?
    /// By how many percent of the split the candidate has been moved, and not asked for yet.
    private var moved = 0.0
    /// One press of + or - in percent.
    private let step: Double

    package init(stepPercent: Double = 1) { step = stepPercent }

    /// Whether Enter would do something.
    package var isAsking: Bool { asked != nil }

    /// What is known now.
    package mutating func take(_ now: JSONValue) {
        self.now = now
        chosen = min(chosen, max(0, splits.count - 1))
    }

    /// A request has been answered, or not.
    package mutating func tell(_ text: String) {
        asked = nil
        moved = 0
        message = text
        shortMessage = ""
    }

    /// A key was pressed.
    package mutating func press(_ key: TopKey) -> Action {
        switch key {
        case .quit: return .quit
        case .next: choose(chosen + 1)
        case .previous: choose(chosen - 1)
        case .more: move(by: step)
        case .less: move(by: -step)
        case .rollback: askForRollback()
        case .pause: askForPause()
        case .escape: tell("")
        case .enter:
            guard let asked else { return .none }
            tell("...")
            return .send(asked)
        }
        return .none
    }

    private var splits: [JSONValue] { now["splits"]?.elements ?? [] }

    private mutating func choose(_ number: Int) {
        guard !splits.isEmpty else { return }
        chosen = (number + splits.count) % splits.count
        tell("")
    }

    /// Moves weight between the candidate and the stable member; others keep theirs.
    private mutating func move(by percent: Double) {
        guard splits.indices.contains(chosen), let name = splits[chosen]["name"]?.text else {
            return
        }
        let split = splits[chosen]
        guard let candidate = split["candidate"]?.text, let stable = split["stable"]?.text,
            candidate != stable, let weights = split["weights"]?.members
        else { return tell("\(name) has no candidate that could be moved") }
        let value = { (member: String) in
            weights.first { $0.name == member }?.value.double ?? 0
        }
        let sum = weights.reduce(0) { $0 + ($1.value.double ?? 0) }
        let both = value(candidate) + value(stable)
        let wanted = min(max(value(candidate) + (moved + percent) / 100 * sum, 0), both)
        guard let most = Self.weight(wanted), let rest = Self.weight(both - wanted) else { return }
        moved = (wanted - value(candidate)) / max(sum, 0.01) * 100
        guard most != Self.weight(value(candidate)) else {
            return tell("\(name): \(candidate) stays at \(SplitText.share(wanted, of: sum))")
        }
        let set = weights.map { member in
            JSONValue.Member(
                name: member.name,
                value: member.name == candidate
                    ? .number(most) : member.name == stable ? .number(rest) : member.value)
        }
        let lanes = split["lanes"]?.elements ?? []
        let rate = lanes.reduce(0) { $0 + ($1["requests_per_second"]?.double ?? 0) }
        let after = Rounding.round(rate * wanted / max(sum, 1), decimals: 1)
        message =
            "\(name): \(candidate) from \(SplitText.share(value(candidate), of: sum)) to "
            + "\(SplitText.share(wanted, of: sum)), about \(after) requests/s. Enter sets it, "
            + "Escape drops it"
        shortMessage =
            "Enter: \(name) \(candidate) \(SplitText.share(value(candidate), of: sum)) -> "
            + "\(SplitText.share(wanted, of: sum))"
        asked = Request(
            method: "PUT", path: "/v1/splits/\(SocketCommands.escaped(name))",
            body: .object(["weights": .object(set), "reason": "sluice top"]),
            ifGeneration: split["generation"]?.numberText.flatMap { UInt64($0) },
            done: "\(name): \(candidate) is at \(SplitText.share(wanted, of: sum))")
    }

    private mutating func askForRollback() {
        guard splits.indices.contains(chosen), let name = splits[chosen]["name"]?.text else {
            return
        }
        let stable = splits[chosen]["stable"]?.text ?? "?"
        tell("Roll \(name) back, so that everything goes to \(stable)? Enter does it, Escape not")
        shortMessage = "Enter: \(name) back to \(stable)"
        asked = Request(
            method: "POST", path: "/v1/splits/\(SocketCommands.escaped(name))/rollback",
            body: .object(["reason": "sluice top"]), ifGeneration: nil,
            done: "\(name): everything goes to \(stable)")
    }

    private mutating func askForPause() {
        let state = now["rollout"]?["state"]?.text ?? ""
        switch state {
        case "running", "awaiting_approval":
            tell("Pause the rollout? Enter does it, Escape not")
            shortMessage = "Enter: pause the rollout"
            asked = Request(
                method: "POST", path: "/v1/rollout/pause",
                body: .object(["reason": "sluice top"]), ifGeneration: nil,
                done: "the rollout is paused; `sluice rollout resume` goes on")
        case "paused": tell("the rollout is paused already; `sluice rollout resume` goes on")
        default: tell("there is no rollout under way")
        }
    }

    /// A weight has two decimals at most.
    private static func weight(_ value: Double) -> String? {
        let hundredths = Int((value * 100).rounded())
        let fraction = hundredths % 100
        let text = "\(hundredths / 100)"
        guard fraction != 0 else { return text }
        return text + (fraction < 10 ? ".0\(fraction)" : ".\(fraction)")
    }
}
