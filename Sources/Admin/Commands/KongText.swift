internal import Telemetry

/// Who made the answers of upstreams that are Kongs, as people read it.
enum KongText {
    /// A table of such upstreams and a line for each alarm; nothing where there is none.
    static func table(_ status: JSONValue) -> String {
        let origins = ResponseOrigin.allCases.map(\.label)
        var table = TextTable(
            ["kong", "version", "last minute"]
                + origins.map { $0.replacing("_", with: " ") },
            numbers: 2...2 + origins.count)
        var notes = ""
        var isEmpty = true
        for upstream in status["upstreams"]?.elements ?? [] {
            guard let kong = upstream["kong"], kong != .null else { continue }
            isEmpty = false
            let name = upstream["name"]?.text ?? "?"
            let counts = origins.map { kong["last_minute"]?[$0]?.int ?? 0 }
            let sum = counts.reduce(0, +)
            let versions = (kong["versions"]?.elements ?? []).compactMap { $0["version"]?.text }
            table.add(
                [name, versions.isEmpty ? "?" : versions.joined(separator: ", "), "\(sum)"]
                    + counts.map { percent($0, of: sum) })
            notes += lines(of: name, kong)
        }
        return isEmpty ? "" : table.text(indent: 0) + notes
    }

    private static func lines(of name: String, _ kong: JSONValue) -> String {
        var lines = (kong["alarms"]?.elements ?? []).map { alarm in
            "alarm: \(name) \(alarm["text"]?.text ?? "?")"
        }
        if kong["marked"]?.bool == false { lines.append("\(name): \(KongWording.unmarked)") }
        let twins = (kong["same_version_as"]?.elements ?? []).compactMap(\.text)
        if !twins.isEmpty {
            let names = twins.joined(separator: ", ")
            lines.append("\(name) answers with the same version as \(names)")
        }
        return lines.map { "  \($0)\n" }.joined()
    }

    private static func percent(_ count: Int, of sum: Int) -> String {
        guard sum > 0 else { return "-" }
        let hundredths = Int((Double(count) * 10_000 / Double(sum)).rounded())
        let decimals = hundredths % 100
        return "\(hundredths / 100).\(decimals < 10 ? "0" : "")\(decimals) %"
    }
}
