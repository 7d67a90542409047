/// The members of a split in columns, of which the important ones stay where there is little room.
struct TopTable {
    private enum Column: CaseIterable {
        case name, bar, set, effective, measured, requests, p50, p95, p99, inflight, role
    }

    /// What is done about too little room, one after the other.
    private enum Measure: CaseIterable {
        case shortBar, shortWords, noBar, noMeasured, noP50, noInflight, noP95, noEffective
        case noRequests, shortNames, noRole, noP99

        var dropped: Column? {
            switch self {
            case .shortBar, .shortWords, .shortNames: nil
            case .noBar: .bar
            case .noMeasured: .measured
            case .noP50: .p50
            case .noInflight: .inflight
            case .noP95: .p95
            case .noEffective: .effective
            case .noRequests: .requests
            case .noRole: .role
            case .noP99: .p99
            }
        }
    }

    private static let shapes = ["█", "▒", "░"]

    private let split: JSONValue
    private let lanes: [JSONValue]
    private var measures: Set<Measure> = []

    /// Of a split in the API's answer.
    init(_ split: JSONValue) {
        self.split = split
        lanes = split["lanes"]?.elements ?? []
    }

    /// The heading, and a row for each lane, in so many columns.
    func rows(columns: Int) -> [String] {
        var table = self
        for measure in Measure.allCases {
            let rows = table.written()
            if rows.allSatisfy({ $0.count <= columns }) { return rows }
            table.measures.insert(measure)
        }
        return table.written()
    }

    private func written() -> [String] {
        let dropped = Set(measures.compactMap(\.dropped))
        let kept = Column.allCases.filter { !dropped.contains($0) }
        let numbers = kept.indices.filter { ![.name, .bar, .role].contains(kept[$0]) }
        var table = TextTable(
            kept.map(heading), numbers: (numbers.first ?? 0)...(numbers.last ?? 0))
        for (index, lane) in lanes.enumerated() { table.add(kept.map { cell($0, lane, index) }) }
        let indent = measures.isEmpty ? 4 : 2
        return table.text(indent: indent).split(separator: "\n").map(String.init)
    }

    private var isShort: Bool { measures.contains(.shortWords) }

    private func heading(_ column: Column) -> String {
        switch column {
        case .name: isShort ? "" : "upstream"
        case .bar, .role: ""
        case .set: isShort ? "set %" : "set"
        case .effective: isShort ? "eff. %" : "effective"
        case .measured: isShort ? "meas. %" : "measured"
        case .requests: isShort ? "req/s" : "requests/s"
        case .p50: isShort ? "p50" : "p50 ms"
        case .p95: isShort ? "p95" : "p95 ms"
        case .p99: "p99 ms"
        case .inflight: isShort ? "in fl." : "in flight"
        }
    }

    private func cell(_ column: Column, _ lane: JSONValue, _ index: Int) -> String {
        let name = lane["upstream"]?.text ?? "?"
        switch column {
        case .name: return measures.contains(.shortNames) ? TopPhrase.name(name, columns: 8) : name
        case .bar: return bar(lane["effective_ratio"]?.double ?? 0, index)
        case .set: return share(lane["set_ratio"]?.double)
        case .effective: return share(lane["effective_ratio"]?.double)
        case .measured:
            let requests = Double(split["measured"]?["requests"]?.int ?? 0)
            let count = Double(split["measured"]?[name]?.int ?? 0)
            return share(requests == 0 ? nil : count / requests)
        case .requests: return lane["requests_per_second"]?.numberText ?? "-"
        case .p50: return Self.milliseconds(lane["p50_seconds"])
        case .p95: return Self.milliseconds(lane["p95_seconds"])
        case .p99: return Self.milliseconds(lane["p99_seconds"])
        case .inflight: return lane["inflight"]?.numberText ?? "-"
        case .role: return role(name)
        }
    }

    /// Full cells for the stable member, other shapes for others.
    private func bar(_ share: Double, _ index: Int) -> String {
        let width = measures.contains(.shortBar) ? 5 : 10
        let exact = Int((min(max(share, 0), 1) * Double(width)).rounded())
        // What gets anything is seen.
        let cells = share > 0 ? max(exact, 1) : 0
        return String(repeating: Self.shapes[index % 3], count: cells)
            + String(repeating: "·", count: width - cells)
    }

    private func share(_ value: Double?) -> String {
        guard let value else { return "-" }
        let text = SplitText.share(value, of: 1)
        return isShort ? String(text.dropLast(2)) : text
    }

    private func role(_ name: String) -> String {
        var words: [String] = []
        if split["stable"]?.text == name { words.append("stable") }
        if split["candidate"]?.text == name { words.append(isShort ? "cand." : "candidate") }
        let latches = split["latches"]?.elements ?? []
        if latches.contains(where: { $0["upstream"]?.text == name }) { words.append("kept at 0") }
        return words.joined(separator: isShort ? " " : ", ")
    }

    private static func milliseconds(_ value: JSONValue?) -> String {
        guard let seconds = value?.double else { return "-" }
        let hundredths = Int((seconds * 100_000).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
