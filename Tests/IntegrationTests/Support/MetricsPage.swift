/// The samples of a metrics page.
struct MetricsPage {
    /// Each sample's value under its name with all labels, as it stands on the page.
    private(set) var samples: [String: Double] = [:]
    /// The type of each family.
    private(set) var types: [String: String] = [:]
    private(set) var malformedLines: [String] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE "), words.count == 4 {
                types[String(words[2])] = String(words[3])
            } else if line.hasPrefix("#") {
                continue
            } else if let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            {
                samples[String(line[..<space])] = value
            } else {
                malformedLines.append(String(line))
            }
        }
    }

    /// The sum of the samples of that name whose labels hold all of these pairs.
    func sum(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) -> Int {
        let pairs = labels.map { "\($0.key)=\"\($0.value)\"" }
        let matching = samples.filter { sample, _ in
            sample.prefix { $0 != "{" } == name && pairs.allSatisfy(sample.contains)
        }
        return Int(matching.values.reduce(0, +))
    }

    /// What never goes back: counters, and the counts of histograms.
    var counters: [String: Double] {
        samples.filter { sample, _ in
            let name = sample.prefix { $0 != "{" }
            return ["_total", "_count", "_bucket"].contains(where: name.hasSuffix)
        }
    }
}
