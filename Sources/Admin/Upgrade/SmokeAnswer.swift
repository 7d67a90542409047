package import Settings

/// What one side answered to a smoke request.
package struct SmokeAnswer: Sendable, Equatable {
    /// The status, the fields in the order in which they came, and the body.
    package let status: Int
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]

    /// An answer.
    package init(status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Compares all of it.
    package static func == (left: SmokeAnswer, right: SmokeAnswer) -> Bool {
        left.status == right.status && left.body == right.body
            && left.fields.elementsEqual(right.fields) { $0 == $1 }
    }

    func values(of name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }
}

/// Compares two answers to a smoke request.
package enum SmokeComparison {
    /// More help nobody.
    package static let mostDifferences = 20
    private static let longestText = 60

    /// How the new side's answer differs from the old one's; empty when it does not.
    package static func differences(
        _ x: SmokeAnswer, _ y: SmokeAnswer, by comparison: SmokeRequest.Comparison
    ) -> [String] {
        var differences: [String] = []
        if comparison.status, x.status != y.status {
            differences.append("status \(x.status), \(y.status)")
        }
        for name in comparison.fields {
            let (old, new) = (x.values(of: name), y.values(of: name))
            if old != new { differences.append("\(name): \(text(old)), \(text(new))") }
        }
        if comparison.json {
            switch (try? JSONReader.read(x.body), try? JSONReader.read(y.body)) {
            case (let old?, let new?):
                compare(old, new, at: [], comparison.ignoredPaths, &differences)
            case (nil, nil): differences.append("both bodies are no JSON")
            case (nil, _): differences.append("the old side's body is no JSON")
            case (_, nil): differences.append("the new side's body is no JSON")
            }
        }
        return Array(differences.prefix(mostDifferences))
    }

    private static func compare(
        _ x: JSONValue, _ y: JSONValue, at path: [String], _ ignored: [[String]],
        _ differences: inout [String]
    ) {
        guard differences.count < mostDifferences, !isIgnored(path, ignored) else { return }
        switch (x, y) {
        case (.object(let old), .object(let new)):
            let names = old.map(\.name) + new.map(\.name).filter { x[$0] == nil }
            for name in names {
                compareMember(x[name], y[name], at: path + [name], ignored, &differences)
            }
        case (.array(let old), .array(let new)):
            if old.count != new.count {
                differences.append("\(place(path)): \(old.count) elements, \(new.count)")
            }
            for (index, pair) in zip(old, new).enumerated() {
                compare(pair.0, pair.1, at: path + ["\(index)"], ignored, &differences)
            }
        case (.number(let old), .number(let new)):
            if old != new, Double(old) != Double(new) {
                differences.append("\(place(path)): \(old), \(new)")
            }
        default:
            if x != y { differences.append("\(place(path)): \(text(x)), \(text(y))") }
        }
    }

    private static func compareMember(
        _ x: JSONValue?, _ y: JSONValue?, at path: [String], _ ignored: [[String]],
        _ differences: inout [String]
    ) {
        if let x, let y { return compare(x, y, at: path, ignored, &differences) }
        guard differences.count < mostDifferences, !isIgnored(path, ignored) else { return }
        let side = x == nil ? "the new side" : "the old side"
        differences.append("\(place(path)): only at \(side)")
    }

    /// Whether a place, or one that it is in, may differ.
    private static func isIgnored(_ path: [String], _ ignored: [[String]]) -> Bool {
        ignored.contains { pattern in
            pattern.count == path.count
                && zip(pattern, path).allSatisfy { $0 == "*" || $0 == $1 }
        }
    }

    private static func place(_ path: [String]) -> String {
        path.isEmpty ? "the JSON" : short(path.joined(separator: "."))
    }

    private static func text(_ values: [String]) -> String {
        values.isEmpty ? "not there" : short(values.joined(separator: ", "))
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .object, .array: value.kind
        default: short(String(JSONWriter.text(value).dropLast()))
        }
    }

    private static func short(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > longestText ? "\(line.prefix(longestText))..." : line
    }
}
