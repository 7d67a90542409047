import Splitting

/// Why bytes are not the state that was written.
package enum WeightsStateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The first line is another.
    case notAState
    /// A version that this program does not know.
    case unsupportedVersion(String)
    /// The closing checksum is missing.
    case truncated
    /// The checksum is that of another text.
    case damaged
    /// A line, counted from 1, is not what is written there.
    case malformed(line: Int, expected: String)

    /// What is wrong and what was expected, in one line.
    package var description: String {
        switch self {
        case .notAState:
            "not a state of weights; expected `\(WeightsState.title)` in the first line"
        case .unsupportedVersion(let version):
            "version \(quoted(version)) is not supported; expected \(WeightsState.version)"
        case .truncated: "truncated; expected a checksum in the last line"
        case .damaged: "damaged; expected the text that the checksum was made of"
        case .malformed(let line, let expected): "line \(line) is malformed; expected \(expected)"
        }
    }
}

extension WeightsState {
    /// Reads what `encoded` wrote, byte for byte; anything else is refused.
    package init(decoding bytes: [UInt8]) throws(WeightsStateError) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("\(Self.title) ") else { throw .notAState }
        var lines = StateLines(text: try Self.checkedBody(of: text))
        let version = try lines.value(of: Self.title)
        guard version == "\(Self.version)" else { throw .unsupportedVersion(version) }
        let generation = try lines.number(of: "generation", as: UInt64.self)
        var splits: [SplitWeights] = []
        while !lines.isAtEnd { splits.append(try lines.split()) }
        self.init(generation: generation, splits: splits)
        // Two texts for one state would leave room for a damage that nobody sees.
        guard encoded() == text else { throw .damaged }
    }

    /// Everything before the checksum, which is compared.
    private static func checkedBody(of text: String) throws(WeightsStateError) -> Substring {
        let word = "\nchecksum "
        guard text.hasSuffix("\n"), let last = text.dropLast().lastIndex(of: "\n"),
            text[last...].hasPrefix(word)
        else { throw .truncated }
        let body = text[...last]
        let written = TextHash(hexadecimal: text[last...].dropFirst(word.count).dropLast())
        guard written == TextHash(body.utf8) else { throw .damaged }
        return body.dropLast()
    }
}

/// The lines of a state, taken one after the other.
private struct StateLines {
    private var rest: ArraySlice<Substring>
    private var number = 0

    init(text: Substring) {
        rest = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func split() throws(WeightsStateError) -> SplitWeights {
        let name = try text(of: "split")
        let generation = try number(of: "changed_in", as: UInt64.self)
        let source = try parsed("source") { WeightSource(rawValue: $0) }
        let changedAt = try number(of: "changed_at", as: Int64.self)
        let followed = try parsed("followed") { TextHash(hexadecimal: $0) }
        let reason = try text(of: "reason")
        var members: [String] = []
        var weights: [Weight] = []
        while rest.first?.hasPrefix("weight ") == true {
            let (member, weight) = try parsed("weight") { Self.weighted($0) }
            members.append(member)
            weights.append(weight)
        }
        if members.isEmpty { throw .malformed(line: number, expected: "weights") }
        return SplitWeights(
            name: name, members: members, weights: weights, generation: generation,
            source: source, changedAtMilliseconds: changedAt, reason: reason, followed: followed)
    }

    mutating func value(of key: String) throws(WeightsStateError) -> String {
        number += 1
        guard let line = rest.popFirst(), line.hasPrefix(key + " ") else {
            throw .malformed(line: number, expected: "`\(key)` and a value")
        }
        return String(line.dropFirst(key.count + 1))
    }

    mutating func number<Number: FixedWidthInteger>(
        of key: String,
        as type: Number.Type
    ) throws(WeightsStateError) -> Number {
        try parsed(key) { Number($0) }
    }

    private mutating func text(of key: String) throws(WeightsStateError) -> String {
        try parsed(key) { StateText.unescape($0) }
    }

    private mutating func parsed<Value>(
        _ key: String,
        _ parse: (String) -> Value?
    ) throws(WeightsStateError) -> Value {
        guard let value = parse(try value(of: key)) else {
            throw .malformed(line: number, expected: "a value of `\(key)`")
        }
        return value
    }

    private static func weighted(_ text: String) -> (String, Weight)? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let member = StateText.unescape(parts[0]),
            let weight = try? Weight.parse(parts[1])
        else { return nil }
        return (member, weight)
    }
}
