/// Writes the Prometheus text format 0.0.4, or keeps the samples for whoever writes another one.
struct MetricWriter {
    enum Kind: String {
        case counter, gauge, histogram
        /// Quantiles without a sum and a count, which a histogram of the same lane has.
        case summary
    }

    private(set) var bytes: [UInt8] = []
    /// nil: text is written.
    private(set) var samples: [MetricSample]?
    private var name = ""
    private var kind = Kind.gauge

    /// A writer of text, or of samples.
    init(keepsSamples: Bool = false) { samples = keepsSamples ? [] : nil }

    /// Begins a family: the samples that follow belong to it.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        if samples != nil { return }
        append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    mutating func sample(_ labels: Labels, _ value: some BinaryInteger) {
        if samples != nil { return keep(labels, Double(value)) }
        line(suffix: "", labels, "\(value)")
    }

    mutating func sample(_ labels: Labels, _ value: Double) {
        if samples != nil { return keep(labels, value) }
        line(suffix: "", labels, text(of: value))
    }

    mutating func sample(_ labels: Labels, _ value: Bool) {
        if samples != nil { return keep(labels, value ? 1 : 0) }
        line(suffix: "", labels, value ? "1" : "0")
    }

    /// One histogram of the family, with a `le` for each bound, in ascending seconds, and +Inf.
    mutating func histogram(_ labels: Labels, _ histogram: LatencyHistogram, bounds: [Double]) {
        if samples != nil {
            samples?.append(MetricSample(name, labels, .times(histogram)))
            return
        }
        for (bound, count) in zip(bounds, histogram.counts(atOrBelowSeconds: bounds)) {
            line(suffix: "_bucket", labels.adding("le", text(of: bound)), "\(count)")
        }
        let count = "\(histogram.count)"
        line(suffix: "_bucket", labels.adding("le", "+Inf"), count)
        line(suffix: "_sum", labels, text(of: histogram.sumSeconds))
        line(suffix: "_count", labels, count)
    }

    private mutating func keep(_ labels: Labels, _ value: Double) {
        samples?.append(
            MetricSample(name, labels, kind == .counter ? .count(value) : .level(value)))
    }

    private mutating func line(suffix: String, _ labels: Labels, _ value: String) {
        append(name)
        append(suffix)
        if !labels.text.isEmpty {
            append("{")
            append(labels.text)
            append("}")
        }
        append(" ")
        append(value)
        append("\n")
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value.description
    }
}

/// The labels of a sample, ready to be written.
struct Labels: Sendable {
    static let none = Labels([:])

    private(set) var text = ""

    init(_ pairs: KeyValuePairs<String, String>) {
        for (name, value) in pairs { append(name, value) }
    }

    func adding(_ name: String, _ value: String) -> Labels {
        var labels = self
        labels.append(name, value)
        return labels
    }

    /// The labels apart, in their order.
    var pairs: [(name: String, value: String)] {
        var rest = text.unicodeScalars[...]
        var pairs: [(name: String, value: String)] = []
        while let end = rest.firstIndex(of: "=") {
            let name = String(rest[..<end])
            rest = rest[end...].dropFirst(2)
            var value = String.UnicodeScalarView()
            while let scalar = rest.popFirst(), scalar != "\"" {
                guard scalar == "\\", let escaped = rest.popFirst() else {
                    value.append(scalar)
                    continue
                }
                value.append(escaped == "n" ? "\n" : escaped)
            }
            pairs.append((name, String(value)))
            rest = rest.dropFirst()
        }
        return pairs
    }

    private mutating func append(_ name: String, _ value: String) {
        if !text.isEmpty { text += "," }
        text += "\(name)=\""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        text += "\""
    }
}
