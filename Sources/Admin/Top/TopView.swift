/// What `sluice top` shows, from the control API's answer.
package enum TopView {
    /// The split that is chosen, a question or an answer below, and how old the news are.
    package struct Frame: Sendable {
        /// Nil: there are no keys. A question is shown otherwise than an answer.
        package var chosen: Int? = nil
        package var message = ""
        package var isQuestion = false
        /// How long nobody has answered, in seconds; nil while somebody does.
        package var silentSeconds: Int?

        package init() {}
    }

    private static let origins = [
        ("service", "service"), ("serviceFailed", "service failed"), ("kong", "Kong"),
        ("sluice", "Sluice"), ("unknown", "5xx"), ("attempts", "failed attempts"),
    ]
    private static let barCells = 10

    /// All lines. A frame with a chosen split also has the keys.
    package static func lines(_ now: JSONValue, _ frame: Frame = Frame()) -> [TopText] {
        var lines = [head(now)]
        if let seconds = frame.silentSeconds {
            lines.append(TopText("no answer for \(seconds) s: what stands here is old", .bad))
        }
        for (index, split) in (now["splits"]?.elements ?? []).enumerated() {
            lines.append(TopText())
            lines += block(split, now, isChosen: frame.chosen == index)
        }
        if let rollout = rollout(now["rollout"] ?? .null) {
            lines.append(TopText())
            lines += rollout
        }
        guard frame.chosen != nil else { return lines }
        lines.append(TopText())
        if !frame.message.isEmpty {
            lines.append(TopText(frame.message, frame.isQuestion ? .chosen : .strong))
        }
        lines.append(
            TopText(
                "arrows choose a split   + - move the candidate   r roll back   "
                    + "p pause the rollout   q quit", .quiet))
        return lines
    }

    private static func head(_ now: JSONValue) -> TopText {
        let lanes = (now["splits"]?.elements ?? []).flatMap { $0["lanes"]?.elements ?? [] }
        let rate = lanes.reduce(0) { $0 + ($1["requests_per_second"]?.double ?? 0) }
        var text = TopText("sluice \(now["version"]?.text ?? "?")", .strong)
        text.add("  \(now["state"]?.text ?? "?") for ")
        text.add(StatusText.duration(now["uptime_seconds"]?.int ?? 0))
        text.add(", generation \(now["generation"]?.numberText ?? "?"), ")
        text.add("\(Rounding.round(rate, decimals: 1)) requests/s", .strong)
        return text
    }

    private static func block(
        _ split: JSONValue, _ now: JSONValue, isChosen: Bool
    ) -> [TopText] {
        var title = TopText(isChosen ? "> " : "  ", .strong)
        title.add(split["name"]?.text ?? "?", isChosen ? .chosen : .strong)
        title.add("  generation \(split["generation"]?.numberText ?? "?")", .quiet)
        title.add(" by \(split["source"]?.text ?? "?")", .quiet)
        let reason = split["reason"]?.text ?? ""
        if !reason.isEmpty { title.add(": \(reason)", .quiet) }
        if let mode = split["freeze"]?["mode"]?.text, mode != "off" {
            title.add("  frozen (\(mode))", .bad)
        }
        if split["durable"]?.bool == false { title.add("  not on the disk", .bad) }
        return [title] + members(split) + targets(split, now)
    }

    private static func members(_ split: JSONValue) -> [TopText] {
        var table = TextTable(
            [
                "upstream", "", "set", "effective", "measured", "requests/s", "p50 ms", "p95 ms",
                "p99 ms", "in flight", "",
            ], numbers: 2...9)
        let lanes = split["lanes"]?.elements ?? []
        let requests = Double(split["measured"]?["requests"]?.int ?? 0)
        for (index, lane) in lanes.enumerated() {
            let name = lane["upstream"]?.text ?? "?"
            let count = Double(split["measured"]?[name]?.int ?? 0)
            table.add([
                name, bar(lane["effective_ratio"]?.double ?? 0, index),
                share(lane["set_ratio"]), share(lane["effective_ratio"]),
                requests == 0 ? "-" : SplitText.share(count, of: requests),
                lane["requests_per_second"]?.numberText ?? "-",
                milliseconds(lane["p50_seconds"]), milliseconds(lane["p95_seconds"]),
                milliseconds(lane["p99_seconds"]), lane["inflight"]?.numberText ?? "-",
                role(name, split),
            ])
        }
        let rows = table.text(indent: 4).split(separator: "\n").map(String.init)
        var lines = [TopText(rows.first ?? "", .quiet)]
        for (index, row) in rows.dropFirst().enumerated() {
            lines.append(TopText(row, [.first, .second, .third][index % 3]))
            let errors = errors(lanes[index]["errors_last_minute"] ?? .null)
            if !errors.isEmpty {
                lines.append(TopText("      errors in a minute: \(errors)", .bad))
            }
        }
        return lines
    }

    private static func errors(_ counts: JSONValue) -> String {
        origins.compactMap { key, word in
            counts[key]?.int.flatMap { $0 > 0 ? "\(word) \($0)" : nil }
        }.joined(separator: ", ")
    }

    /// Only targets that are not as they should be need a line.
    private static func targets(_ split: JSONValue, _ now: JSONValue) -> [TopText] {
        let names = (split["weights"]?.members ?? []).map(\.name)
        var lines: [TopText] = []
        for upstream in now["upstreams"]?.elements ?? []
        where names.contains(upstream["name"]?.text ?? "") {
            for target in upstream["targets"]?.elements ?? [] {
                let isDrained = target["drained"]?.bool == true
                let state = isDrained ? "drained" : target["state"]?.text ?? "?"
                guard !["sound", "unknown"].contains(state) else { continue }
                let error = target["last_error"]?.text.map { ": \($0)" } ?? ""
                lines.append(
                    TopText(
                        "    \(upstream["name"]?.text ?? "?") \(target["address"]?.text ?? "?") "
                            + "is \(state)\(error)", .bad))
            }
        }
        return lines
    }

    private static func rollout(_ rollout: JSONValue) -> [TopText]? {
        let summary = RolloutText.summary(rollout)
        guard !summary.isEmpty else { return nil }
        let isBad = rollout["alarm"]?.text != nil
        var lines = summary.split(separator: "\n").map {
            TopText("  \($0)", isBad ? .bad : .strong)
        }
        for blocker in rollout["blockers"]?.elements ?? [] {
            lines.append(TopText("    waits for \(blocker.text ?? "?")", .quiet))
        }
        let evidence = rollout["judge"]?["log_evidence"]?.numberText ?? "?"
        let limit = rollout["judge"]?["log_limit"]?.numberText ?? "?"
        lines.append(TopText("    evidence against the candidate: \(evidence) of \(limit)"))
        return lines
    }

    /// Full cells for the stable member, other shapes for others.
    private static func bar(_ share: Double, _ index: Int) -> String {
        let exact = Int((share * Double(barCells)).rounded())
        // What gets anything is seen.
        let cells = share > 0 ? min(max(exact, 1), barCells) : 0
        let cell = ["█", "▒", "░"][index % 3]
        return String(repeating: cell, count: cells)
            + String(repeating: "·", count: barCells - cells)
    }

    private static func role(_ name: String, _ split: JSONValue) -> String {
        var words: [String] = []
        if split["stable"]?.text == name { words.append("stable") }
        if split["candidate"]?.text == name { words.append("candidate") }
        let latches = split["latches"]?.elements ?? []
        if latches.contains(where: { $0["upstream"]?.text == name }) { words.append("kept at 0") }
        return words.joined(separator: ", ")
    }

    private static func share(_ value: JSONValue?) -> String {
        value?.double.map { SplitText.share($0, of: 1) } ?? "-"
    }

    private static func milliseconds(_ value: JSONValue?) -> String {
        guard let seconds = value?.double else { return "-" }
        let hundredths = Int((seconds * 100_000).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
