/// What `sluice top` shows, from the control API's answer.
package enum TopView {
    /// The split that is chosen, a question or an answer below, and how old the news are.
    package struct Frame: Sendable {
        /// Nil: there are no keys. A question is shown otherwise than an answer.
        package var chosen: Int? = nil
        package var message = ""
        /// The same in few words, of which the first is the key; empty when there are none.
        package var shortMessage = ""
        package var isQuestion = false
        /// How long nobody has answered, in seconds; nil while somebody does.
        package var silentSeconds: Int?

        package init() {}
    }

    private static let origins = [
        ("service", "service"), ("serviceFailed", "service failed"), ("kong", "Kong"),
        ("sluice", "Sluice"), ("unknown", "5xx"), ("attempts", "failed attempts"),
    ]

    /// All lines, however many and wide. A frame with a chosen split also has the keys.
    package static func lines(_ now: JSONValue, _ frame: Frame = Frame()) -> [TopText] {
        let now = now.visible
        let body = body(now, frame, columns: .max)
        guard frame.chosen != nil else { return head(now, frame, columns: .max) + body.lines }
        return head(now, frame, columns: .max) + body.lines + [TopText()]
            + message(frame, columns: .max) + [keys(columns: .max)]
    }

    /// What fits a terminal: the chosen split is in sight, and the question and the keys stay.
    package static func screen(
        _ now: JSONValue, _ frame: Frame, columns: Int, rows: Int
    ) -> [TopText] {
        let now = now.visible
        let foot = foot(frame, columns: columns, rows: rows)
        let top = Array(head(now, frame, columns: columns).prefix(max(0, rows - foot.count)))
        let body = body(now, frame, columns: columns)
        let room = rows - top.count - foot.count
        // A line that is empty sets the foot apart where there is room for it.
        if body.lines.count < room { return top + body.lines + [TopText()] + foot }
        if body.lines.count == room { return top + body.lines + foot }
        guard room > 4, let chosen = frame.chosen, body.count > 1 else {
            return top + body.around(room) + foot
        }
        let place = TopText("  split \(chosen + 1) of \(body.count)", .quiet)
        return top + body.around(room - 1) + [place] + foot
    }

    /// The lines between head and foot, and which are those of the chosen split.
    private struct Body {
        var lines: [TopText] = []
        var chosen = 0..<0
        var count = 0

        /// So many of the lines, among them those of the chosen split.
        func around(_ room: Int) -> [TopText] {
            let least = max(0, chosen.upperBound - room)
            // Its head is worth more than its end.
            let first = max(0, min(least, chosen.lowerBound))
            return Array(lines.dropFirst(first).drop { $0.plain.isEmpty }.prefix(max(0, room)))
        }
    }

    private static func body(_ now: JSONValue, _ frame: Frame, columns: Int) -> Body {
        var body = Body()
        for (index, split) in (now["splits"]?.elements ?? []).enumerated() {
            body.lines.append(TopText())
            let begin = body.lines.count
            body.lines += block(split, now, isChosen: frame.chosen == index, columns: columns)
            if frame.chosen == index { body.chosen = begin..<body.lines.count }
            body.count += 1
        }
        if let rollout = rollout(now["rollout"] ?? .null, columns: columns) {
            body.lines.append(TopText())
            body.lines += rollout
        }
        return body
    }

    /// Questions first, then the keys.
    private static func foot(_ frame: Frame, columns: Int, rows: Int) -> [TopText] {
        var told = message(frame, columns: columns)
        if told.count > max(1, rows / 4), !frame.shortMessage.isEmpty {
            var short = frame
            short.message = frame.shortMessage
            told = message(short, columns: columns)
        }
        let most = max(1, rows - 2)
        if told.count > most { told = Array(told.prefix(most)) }
        guard frame.chosen != nil, told.count < rows else { return Array(told.prefix(rows)) }
        return told + [keys(columns: columns)]
    }

    private static func message(_ frame: Frame, columns: Int) -> [TopText] {
        guard !frame.message.isEmpty else { return [] }
        return TopText.wrapped(
            frame.message, frame.isQuestion ? .chosen : .strong, columns: columns, indent: 0)
    }

    private static func keys(columns: Int) -> TopText {
        for isShort in [false, true] {
            var phrase = TopPhrase()
            let gap = isShort ? "  " : "   "
            phrase.add(isShort ? "arrows" : "arrows choose a split", .quiet, rank: 3)
            phrase.add(
                isShort ? "+ - move" : "+ - move the candidate", .quiet, rank: 2, after: gap)
            phrase.add(isShort ? "r back" : "r roll back", .quiet, rank: 1, after: gap)
            phrase.add(isShort ? "p pause" : "p pause the rollout", .quiet, rank: 4, after: gap)
            phrase.add("q quit", .quiet, rank: 0, after: gap)
            let text = phrase.text(columns: columns)
            if isShort || text == phrase.text(columns: .max) { return text }
        }
        return TopText()
    }

    private static func head(_ now: JSONValue, _ frame: Frame, columns: Int) -> [TopText] {
        let lanes = (now["splits"]?.elements ?? []).flatMap { $0["lanes"]?.elements ?? [] }
        let rate = lanes.reduce(0) { $0 + ($1["requests_per_second"]?.double ?? 0) }
        let duration = StatusText.duration(now["uptime_seconds"]?.int ?? 0)
        var phrase = TopPhrase()
        phrase.add("sluice \(now["version"]?.text ?? "?")", .strong, rank: 1)
        phrase.add("\(now["state"]?.text ?? "?") for \(duration)", rank: 2, after: "  ")
        phrase.add("generation \(now["generation"]?.numberText ?? "?")", rank: 3, after: ", ")
        phrase.add(
            "\(Rounding.round(rate, decimals: 1)) requests/s", .strong, rank: 0, after: ", ")
        guard let seconds = frame.silentSeconds else { return [phrase.text(columns: columns)] }
        var silence = TopPhrase()
        silence.add("no answer for \(seconds) s", .bad, rank: 0)
        silence.add("what stands here is old", .bad, rank: 1, after: ": ")
        return [phrase.text(columns: columns), silence.text(columns: columns)]
    }

    private static func block(
        _ split: JSONValue, _ now: JSONValue, isChosen: Bool, columns: Int
    ) -> [TopText] {
        let name = split["name"]?.text ?? "?"
        let room = columns == .max ? columns : columns - 2
        var title = TopPhrase()
        title.add(
            TopPhrase.name(name, columns: room), isChosen ? .chosen : .strong, rank: 0)
        title.add(
            "generation \(split["generation"]?.numberText ?? "?")", .quiet, rank: 3, after: "  ")
        title.add("by \(split["source"]?.text ?? "?")", .quiet, rank: 4, after: " ")
        title.add(
            split["reason"]?.text ?? "", .quiet, rank: 5, after: ": ", isWords: true)
        if let mode = split["freeze"]?["mode"]?.text, mode != "off" {
            title.add("frozen (\(mode))", .bad, rank: 1, after: "  ")
        }
        if split["durable"]?.bool == false {
            title.add("not on the disk", .bad, rank: 2, after: "  ")
        }
        let mark = TopText(isChosen ? "> " : "  ", .strong)
        return [mark.followed(by: title.text(columns: room))]
            + members(split, columns: columns) + targets(split, now, columns: columns)
    }

    private static func members(_ split: JSONValue, columns: Int) -> [TopText] {
        let lanes = split["lanes"]?.elements ?? []
        let rows = TopTable(split).rows(columns: columns)
        var lines = [TopText(rows.first ?? "", .quiet)]
        for (index, row) in rows.dropFirst().enumerated() {
            lines.append(TopText(row, [.first, .second, .third][index % 3]))
            guard lanes.indices.contains(index) else { continue }
            let errors = errors(lanes[index]["errors_last_minute"] ?? .null)
            guard !errors.isEmpty else { continue }
            lines += TopText.wrapped(
                "      errors in a minute: \(errors)", .bad, columns: columns, indent: 2)
        }
        return lines
    }

    private static func errors(_ counts: JSONValue) -> String {
        origins.compactMap { key, word in
            counts[key]?.int.flatMap { $0 > 0 ? "\(word) \($0)" : nil }
        }.joined(separator: ", ")
    }

    /// Only targets that are not as they should be need a line.
    private static func targets(
        _ split: JSONValue, _ now: JSONValue, columns: Int
    ) -> [TopText] {
        let names = (split["weights"]?.members ?? []).map(\.name)
        var lines: [TopText] = []
        for upstream in now["upstreams"]?.elements ?? []
        where names.contains(upstream["name"]?.text ?? "") {
            for target in upstream["targets"]?.elements ?? [] {
                let isDrained = target["drained"]?.bool == true
                let state = isDrained ? "drained" : target["state"]?.text ?? "?"
                guard !["sound", "unknown"].contains(state) else { continue }
                let error = target["last_error"]?.text.map { ": \($0)" } ?? ""
                lines += TopText.wrapped(
                    "    \(upstream["name"]?.text ?? "?") \(target["address"]?.text ?? "?") "
                        + "is \(state)\(error)", .bad, columns: columns, indent: 2)
            }
        }
        return lines
    }

    private static func rollout(_ rollout: JSONValue, columns: Int) -> [TopText]? {
        let summary = RolloutText.summary(rollout)
        guard !summary.isEmpty else { return nil }
        let isBad = rollout["alarm"]?.text != nil
        var lines = summary.split(separator: "\n").flatMap {
            TopText.wrapped("  \($0)", isBad ? .bad : .strong, columns: columns, indent: 2)
        }
        for blocker in rollout["blockers"]?.elements ?? [] {
            lines += TopText.wrapped(
                "    waits for \(blocker.text ?? "?")", .quiet, columns: columns, indent: 2)
        }
        let evidence = rollout["judge"]?["log_evidence"]?.numberText ?? "?"
        let limit = rollout["judge"]?["log_limit"]?.numberText ?? "?"
        return lines
            + TopText.wrapped(
                "    evidence against the candidate: \(evidence) of \(limit)", columns: columns,
                indent: 2)
    }
}
