/// Long-lived connections and their shifts as people read them.
package enum ShiftText {
    /// What lives at each upstream; empty when there is nothing.
    package static func connections(_ status: JSONValue) -> String {
        let upstreams = (status.visible["upstreams"]?.elements ?? []).filter {
            ($0["tcp"]?.int ?? 0) + ($0["tunnels"]?.int ?? 0) > 0
        }
        guard !upstreams.isEmpty else { return "" }
        var table = TextTable(
            ["long-lived at", "tcp connections", "oldest", "tunnels", "oldest"], numbers: 1...4)
        for upstream in upstreams {
            table.add([
                upstream["name"]?.text ?? "?",
                upstream["tcp"]?.numberText ?? "0", age(upstream["oldest_tcp_seconds"]),
                upstream["tunnels"]?.numberText ?? "0", age(upstream["oldest_tunnel_seconds"]),
            ])
        }
        return table.text(indent: 0)
    }

    /// The last shift of each split; empty when there was none.
    package static func shifts(_ status: JSONValue) -> String {
        (status.visible["shifts"]?.elements ?? []).map { shift in
            let state = shift["running"]?.bool == true ? "goes on" : "is over"
            var text = "shift of \(shift["split"]?.text ?? "?") since "
            text += "\(shift["since"]?.text ?? "?") \(state): "
            text += "\(sum(shift["closed"])) of \(sum(shift["to_close"])) connections closed"
            if let end = shift["ended_by"]?.text { text += ", ended early: \(end)" }
            return text + "\n"
        }.joined()
    }

    /// What `sluice shift` has begun.
    package static func begun(_ answer: JSONValue) -> String {
        (answer.visible["shifts"]?.elements ?? []).map { shift in
            let name = shift["split"]?.text ?? "?"
            let age = duration(shift["max_age_seconds"])
            let planned = sum(shift["to_close"])
            guard planned > 0 else {
                return "\(name): nothing older than \(age) that the weights would not keep\n"
            }
            let parts = (shift["to_close"]?.members ?? []).map { member in
                let live = shift["live"]?[member.name]?.int ?? 0
                return "\(member.value.int ?? 0) of \(live) at \(member.name)"
            }
            let over = duration(shift["over_seconds"])
            return "\(name): \(planned) connections older than \(age) will be closed over "
                + "\(over), oldest first: \(parts.joined(separator: ", "))\n"
        }.joined()
    }

    private static func sum(_ members: JSONValue?) -> Int {
        (members?.members ?? []).reduce(0) { $0 + ($1.value.int ?? 0) }
    }

    private static func age(_ seconds: JSONValue?) -> String {
        seconds?.double.map { StatusText.duration(Int($0)) } ?? "-"
    }

    private static func duration(_ seconds: JSONValue?) -> String {
        StatusText.duration(Int(seconds?.double ?? 0))
    }
}
