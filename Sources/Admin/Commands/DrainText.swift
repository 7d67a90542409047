/// Drains as people read them.
package enum DrainText {
    /// What is drained, with what is left there; empty when nothing is drained.
    package static func table(_ status: JSONValue) -> String {
        let status = status.visible
        let upstreams = (status["upstreams"]?.elements ?? []).filter {
            $0["drains"]?.elements?.isEmpty == false
        }
        guard !upstreams.isEmpty else { return "" }
        var table = TextTable(
            ["drained", "since", "in flight", "oldest", "tunnels", "oldest", "reason"],
            numbers: 2...5)
        for upstream in upstreams {
            for drain in upstream["drains"]?.elements ?? [] {
                let since = drain["since"]?.text ?? "?"
                table.add(
                    [subject(upstream, drain), since] + load(drain)
                        + [drain["reason"]?.text ?? ""])
                guard drain["target"]?.text == nil else { continue }
                let targets = upstream["targets"]?.elements ?? []
                for target in targets + (upstream["former_targets"]?.elements ?? []) {
                    table.add(["  " + (target["address"]?.text ?? "?"), ""] + load(target) + [""])
                }
            }
        }
        return table.text(indent: 0) + upstreams.map { effects($0) }.joined()
    }

    /// `x: drained; 3 requests in flight there (oldest 12 s)`, of the answer to a drain.
    package static func drained(_ answer: JSONValue) -> String {
        let answer = answer.visible
        guard let drain = answer["drain"], drain != .null else {
            return "\(answer["name"]?.text ?? "?"): drained no more, somebody else undid it\n"
        }
        var text = "\(subject(answer, drain)): drained"
        if answer["changed"]?.bool == false { text += " already, \(origin(drain))" }
        return "\(text); \(left(drain))\n"
    }

    /// What an undrain came to, of the answer to it, and what stays drained all the same.
    package static func undrained(_ answer: JSONValue, target: String?) -> String {
        let answer = answer.visible
        let name = answer["name"]?.text ?? "?"
        let subject = target.map { "\(name) \(VisibleText.line($0))" } ?? name
        let verb = answer["changed"]?.bool == false ? "not drained" : "drained no more"
        let others = (answer["drains"]?.elements ?? []).map { drain in
            "\(self.subject(answer, drain)): still drained, \(origin(drain))\n"
        }
        return "\(subject): \(verb)\n" + others.joined()
    }

    /// `3 requests in flight there (oldest 12 s), 1 tunnel (oldest 1 h 3 min)`.
    package static func left(_ drain: JSONValue) -> String {
        let tunnels = drain["tunnels"]?.int ?? 0
        let connections = drain["tcp"]?.int ?? 0
        let requests = (drain["inflight"]?.int ?? 0) - tunnels - connections
        var parts: [String] = []
        if requests > 0 {
            parts.append(
                "\(count(requests, "request"))\(age(drain["oldest_seconds"], in: "oldest "))")
        }
        if tunnels > 0 {
            parts.append(
                "\(count(tunnels, "tunnel"))\(age(drain["oldest_tunnel_seconds"], in: "oldest "))")
        }
        if connections > 0 {
            let oldest = age(drain["oldest_tcp_seconds"], in: "oldest ")
            parts.append("\(count(connections, "tcp connection"))\(oldest)")
        }
        if parts.isEmpty {
            return drain["empty"]?.bool == false
                ? "not every worker says what it has" : "nothing in flight there"
        }
        return parts.joined(separator: ", ") + " in flight there"
    }

    /// What a user has to know about a drain: nothing when all is well.
    package static func warnings(ofChange answer: JSONValue) -> String {
        let answer = answer.visible
        var text = ""
        if answer["durable"]?.bool == false {
            text += "warning: a restart forgets this: there is no state_dir, or it could not be "
            text += "written\n"
        }
        return text + SplitText.lateWorkers(answer) + effects(answer)
    }

    /// `x`, or `x 127.0.0.1:8000`.
    static func subject(_ upstream: JSONValue, _ drain: JSONValue) -> String {
        let name = upstream["name"]?.text ?? "?"
        return drain["target"]?.text.map { "\(name) \($0)" } ?? name
    }

    private static func effects(_ upstream: JSONValue) -> String {
        (upstream["warnings"]?.elements ?? []).compactMap(\.text)
            .map { "warning: \($0)\n" }.joined()
    }

    /// `since 2031-05-06T07:08:09.010Z: new kernel`.
    private static func origin(_ drain: JSONValue) -> String {
        let reason = drain["reason"]?.text ?? ""
        return "since \(drain["since"]?.text ?? "?")" + (reason.isEmpty ? "" : ": \(reason)")
    }

    /// The columns of what is in flight.
    private static func load(_ value: JSONValue) -> [String] {
        let tunnels = value["tunnels"]?.int ?? 0
        let connections = value["tcp"]?.int ?? 0
        let ages = [value["oldest_tunnel_seconds"], value["oldest_tcp_seconds"]]
        let oldest = ages.compactMap { $0?.double }.max()
        return [
            "\((value["inflight"]?.int ?? 0) - tunnels - connections)",
            age(value["oldest_seconds"]), "\(tunnels + connections)",
            oldest.map { StatusText.duration(Int($0)) } ?? "-",
        ]
    }

    private static func age(_ seconds: JSONValue?) -> String {
        seconds?.double.map { StatusText.duration(Int($0)) } ?? "-"
    }

    private static func age(_ seconds: JSONValue?, in words: String) -> String {
        seconds?.double == nil ? "" : " (\(words)\(age(seconds)))"
    }

    private static func count(_ count: Int, _ word: String) -> String {
        "\(count) \(word)\(count == 1 ? "" : "s")"
    }
}
