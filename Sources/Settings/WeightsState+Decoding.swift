import Splitting

extension WeightsState {
    /// Reads what `encoded` wrote, byte for byte; anything else is refused.
    package init(decoding bytes: [UInt8]) throws(StateError) {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = try Self.form.opened(text)
        let generation = try lines.number(of: "generation", as: UInt64.self)
        var splits: [SplitWeights] = []
        while !lines.isAtEnd { splits.append(try lines.split()) }
        self.init(generation: generation, splits: splits)
        // Two texts for one state would leave room for a damage that nobody sees.
        guard encoded() == text else { throw .damaged }
    }
}

extension StateLines {
    fileprivate mutating func split() throws(StateError) -> SplitWeights {
        let name = try text(of: "split")
        let generation = try number(of: "changed_in", as: UInt64.self)
        let source = try parsed("source") { WeightSource(rawValue: $0) }
        let changedAt = try number(of: "changed_at", as: Int64.self)
        let followed = try parsed("followed") { TextHash(hexadecimal: $0) }
        let reason = try text(of: "reason")
        var members: [String] = []
        var weights: [Weight] = []
        while isNext("weight") {
            let (member, weight) = try parsed("weight") { Self.weighted($0) }
            members.append(member)
            weights.append(weight)
        }
        if members.isEmpty { throw .malformed(line: lineNumber, expected: "weights") }
        return SplitWeights(
            name: name, members: members, weights: weights, generation: generation,
            source: source, changedAtMilliseconds: changedAt, reason: reason, followed: followed)
    }

    private static func weighted(_ text: String) -> (String, Weight)? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let member = StateText.unescape(parts[0]),
            let weight = try? Weight.parse(parts[1])
        else { return nil }
        return (member, weight)
    }
}
