/// A metrics page read back, strictly by the text format 0.0.4.
struct MetricsPage {
    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    struct Family {
        let name: String
        let kind: String
        let help: String
        var samples: [Sample] = []
    }

    struct Fault: Error {
        let line: String
        let reason: String
    }

    private(set) var families: [Family] = []

    init(_ bytes: [UInt8]) throws {
        guard let text = String(validating: bytes, as: UTF8.self), text.hasSuffix("\n") else {
            throw Fault(line: "", reason: "no UTF-8, or no line feed at the end")
        }
        var help: (name: String, text: String)?
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            switch (words.first, words.dropFirst().first) {
            case ("#", "HELP"):
                help = (words[2], words[3])
            case ("#", "TYPE"):
                guard let text = help, text.name == words[2] else {
                    throw Fault(line: String(line), reason: "a type without its help")
                }
                if families.contains(where: { $0.name == words[2] }) {
                    throw Fault(line: String(line), reason: "a family in two places")
                }
                families.append(Family(name: words[2], kind: words[3], help: text.text))
            default:
                try add(SampleLine(line).sample(), from: line)
            }
        }
        for family in families where family.kind == "histogram" { try check(histogram: family) }
    }

    /// The value of the only sample with this name and at least these labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = families.flatMap(\.samples).filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return found.count == 1 ? found[0].value : nil
    }

    func family(_ name: String) -> Family? {
        families.first { $0.name == name }
    }

    private mutating func add(_ sample: Sample, from line: Substring) throws {
        guard let family = families.last else {
            throw Fault(line: String(line), reason: "a sample before the first family")
        }
        let suffixes = family.kind == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        guard suffixes.contains(where: { family.name + $0 == sample.name }) else {
            throw Fault(line: String(line), reason: "a sample outside of its family")
        }
        let isKnown = family.samples.contains {
            $0.name == sample.name && $0.labels == sample.labels
        }
        if isKnown { throw Fault(line: String(line), reason: "a series twice") }
        if family.kind == "counter", !(sample.value >= 0) {
            throw Fault(line: String(line), reason: "a counter below 0")
        }
        families[families.count - 1].samples.append(sample)
    }

    private func check(histogram family: Family) throws {
        let series = Dictionary(grouping: family.samples) { sample in
            sample.labels.filter { $0.key != "le" }
        }
        for (labels, samples) in series {
            let buckets = samples.filter { $0.name.hasSuffix("_bucket") }
            let bounds = buckets.map { Double($0.labels["le"] ?? "") ?? .nan }
            let counts = buckets.map(\.value)
            let count = samples.first { $0.name.hasSuffix("_count") }?.value
            let isWhole =
                bounds == bounds.sorted() && bounds.last == .infinity
                && counts == counts.sorted() && counts.last == count
                && samples.contains { $0.name.hasSuffix("_sum") }
            if !isWhole { throw Fault(line: "\(labels)", reason: "a broken histogram") }
        }
    }
}

/// One line `name{label="value",…} number`, read from left to right.
private struct SampleLine {
    private let line: Substring
    private var rest: Substring

    init(_ line: Substring) {
        self.line = line
        rest = line
    }

    func sample() throws -> MetricsPage.Sample {
        var reader = self
        let name = try reader.name(isLabel: false)
        var labels: [String: String] = [:]
        if reader.take("{") {
            repeat {
                let label = try reader.name(isLabel: true)
                guard labels[label] == nil else { throw fault("a label twice") }
                labels[label] = try reader.labelValue()
            } while reader.take(",")
            guard reader.take("}") else { throw fault("no closing brace") }
        }
        guard reader.take(" "), let value = Double(String(reader.rest)) else {
            throw fault("no number")
        }
        return MetricsPage.Sample(name: name, labels: labels, value: value)
    }

    private mutating func name(isLabel: Bool) throws -> String {
        let name = rest.prefix { character in
            character.isASCII
                && (character.isLetter || character.isNumber || character == "_"
                    || character == ":" && !isLabel)
        }
        guard let first = name.first, !first.isNumber else { throw fault("no name") }
        rest = rest.dropFirst(name.count)
        return String(name)
    }

    private mutating func labelValue() throws -> String {
        guard take("="), take("\"") else { throw fault("no label value") }
        var value = ""
        while let scalar = rest.unicodeScalars.first {
            rest = Substring(rest.unicodeScalars.dropFirst())
            switch scalar {
            case "\"":
                return value
            case "\\":
                guard let escaped = rest.unicodeScalars.first,
                    let meant = ["\\": "\\", "\"": "\"", "n": "\n"][Character(escaped)]
                else { throw fault("an unknown escape") }
                rest = Substring(rest.unicodeScalars.dropFirst())
                value += meant
            default:
                value.unicodeScalars.append(scalar)
            }
        }
        throw fault("no closing quote")
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.unicodeScalars.first == scalar else { return false }
        rest = Substring(rest.unicodeScalars.dropFirst())
        return true
    }

    private func fault(_ reason: String) -> MetricsPage.Fault {
        MetricsPage.Fault(line: String(line), reason: reason)
    }
}
