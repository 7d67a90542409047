/// The tripwires as people read them.
package enum TripwireText {
    /// Empty where there is none, or where none has anything to tell.
    package static func table(_ status: JSONValue) -> String {
        let status = status.visible
        let splits = status["tripwire"]?["splits"]?.elements ?? []
        let admins = status["tripwire"]?["admins"]?.elements ?? []
        guard !admins.isEmpty else { return "" }
        var table = TextTable(
            ["admin", "kong", "node", "read at", "entities", "error"], numbers: 4...4)
        for admin in admins {
            let lists = admin["lists"]?.members ?? []
            let count = lists.reduce(0) { $0 + ($1.value["count"]?.int ?? 0) }
            table.add([
                admin["upstream"]?.text ?? "?", admin["version"]?.text ?? "-",
                admin["hostname"]?.text ?? "-", admin["last_success"]?.text ?? "never",
                lists.isEmpty ? "-" : "\(count)", admin["error"]?.text ?? "",
            ])
        }
        return table.text(indent: 0) + splits.map(text).joined()
    }

    /// `tripwire kong: clear, both frozen since …`, and a line for all that is amiss.
    private static func text(_ split: JSONValue) -> String {
        let name = split["split"]?.text ?? "?"
        let verdict = split["verdict"]?.text ?? "?"
        var text = "tripwire \(name): \(verdict == "alarm" ? "ALARM" : verdict)"
        if let since = split["since"]?.text {
            text += ", \(split["mode"]?.text ?? "?") frozen since \(since)"
        }
        text += "\n"
        for alarm in split["alarms"]?.elements ?? [] { text += "  \(line(alarm))\n" }
        guard verdict != "off" else { return text }
        for reason in split["reasons"]?.elements ?? [] {
            text += "  not seen: \(reason.text ?? "?")\n"
        }
        for remark in split["remarks"]?.elements ?? [] { text += "  \(remark.text ?? "?")\n" }
        if split["durable"]?.bool == false {
            text += "  a restart forgets this: there is no state_dir, or it could not be written\n"
        }
        return text
    }

    private static func line(_ alarm: JSONValue) -> String {
        let kind = alarm["kind"]?.text ?? "?"
        let upstream = alarm["upstream"]?.text ?? "?"
        let other = alarm["other"]?.text
        let head =
            other.map { "\(kind) of \(upstream) and \($0) disagree" }
            ?? "\(kind) of \(upstream) changed behind the guard"
        let words =
            other.map {
                [("only_there", "only at \($0)"), ("only_here", "only at \(upstream)")]
            } ?? [("added", "added"), ("removed", "removed")]
        let parts = (words + [("changed", "changed")]).compactMap { key, word -> String? in
            guard let count = alarm[key]?["count"]?.int, count > 0 else { return nil }
            let ids = (alarm[key]?["ids"]?.elements ?? []).prefix(3).compactMap(\.text)
            let more = count > ids.count ? ", ..." : ""
            return "\(count) \(word) (\(ids.joined(separator: ", "))\(more))"
        }
        return "\(head) since \(alarm["since"]?.text ?? "?"): \(parts.joined(separator: "; "))"
    }
}
