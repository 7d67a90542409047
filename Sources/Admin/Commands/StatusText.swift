/// The state of the proxy as people read it.
package enum StatusText {
    /// All of it.
    package static func table(_ status: JSONValue) -> String {
        let status = status.visible
        let splits = status["splits"]?.elements ?? []
        return [
            head(status), listeners(status), CertificateText.table(status), upstreams(status),
            targets(status), ShiftText.connections(status), ShiftText.shifts(status),
            DrainText.table(status), FreezeText.table(status), TripwireText.table(status),
            UpgradeText.summary(status), RolloutText.summary(status["rollout"]),
            KongText.table(status),
            splits.isEmpty ? "" : SplitText.table(splits),
        ].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func head(_ status: JSONValue) -> String {
        let version = status["version"]?.text ?? "?"
        let state = status["state"]?.text ?? "?"
        let seconds = status["uptime_seconds"]?.int ?? 0
        let workers = status["workers"]?.int ?? 0
        let generation = status["generation"]?.numberText ?? "?"
        var text = "sluice \(version)  \(state) for \(duration(seconds)), "
        text += "\(workers) \(workers == 1 ? "worker" : "workers"), generation \(generation)\n"
        text += weightsFile(status["weights_file"])
        text += accessLog(status["access_log"])
        if status["reload"]?["successful"]?.bool == false {
            text += "last reload: refused, the settings before it are in force\n"
            for error in status["reload"]?["errors"]?.elements ?? [] {
                text += "  \(error.text ?? "")\n"
            }
        }
        return text
    }

    private static func weightsFile(_ file: JSONValue?) -> String {
        guard let path = file?["path"]?.text else { return "weight file: none\n" }
        var text = "weight file: \(path)"
        if file?["valid"]?.bool == false {
            text += ", has faults; the weights stay as they are\n"
            for error in file?["errors"]?.elements ?? [] { text += "  \(error.text ?? "")\n" }
            return text + unwritten(file)
        }
        if let refused = file?["refused"]?.text {
            return text + ", sound but refused; the weights stay as they are\n  \(refused)\n"
                + unwritten(file)
        }
        if file?["drift"]?.bool == true {
            let splits = (file?["drifted_splits"]?.elements ?? []).compactMap(\.text)
            return text + ", drifted from file: \(splits.joined(separator: ", "))\n"
                + unwritten(file)
        }
        return text + (unwritten(file).isEmpty ? ", in force\n" : "\n" + unwritten(file))
    }

    /// That a change came that is not in the file.
    private static func unwritten(_ file: JSONValue?) -> String {
        guard file?["written"]?.bool == false else { return "" }
        return "  the last change was not written there: \(file?["write_error"]?.text ?? "?")\n"
    }

    /// Nothing when no log is written.
    private static func accessLog(_ log: JSONValue?) -> String {
        guard let destination = log?["to"]?.text else { return "" }
        let format = log?["format"]?.text ?? "?"
        var text = "access log: \(destination), \(format), "
        if log?["writing"]?.bool == false {
            text += "cannot be written: \(log?["error"]?.text ?? "?")"
        } else {
            text += "is written"
        }
        if let dropped = log?["dropped"]?.int, dropped > 0 { text += ", \(dropped) lines dropped" }
        return text + "\n"
    }

    private static func listeners(_ status: JSONValue) -> String {
        var table = TextTable(
            ["listener", "address", "mode", "split", "connections", "requests"], numbers: 4...5)
        for listener in status["listeners"]?.elements ?? [] {
            table.add([
                listener["name"]?.text ?? "?", listener["address"]?.text ?? "?",
                listener["mode"]?.text ?? "?", listener["split"]?.text ?? "?",
                listener["connections"]?.numberText ?? "?",
                listener["requests"]?.numberText ?? "?",
            ])
        }
        return table.text(indent: 0)
    }

    private static func upstreams(_ status: JSONValue) -> String {
        var table = TextTable(
            ["upstream", "targets", "active", "idle", "in flight", "requests", "errors"],
            numbers: 2...6)
        for upstream in status["upstreams"]?.elements ?? [] {
            let targets = (upstream["targets"]?.elements ?? []).map(target)
            table.add([
                upstream["name"]?.text ?? "?", targets.joined(separator: ", "),
                upstream["connections"]?["active"]?.numberText ?? "?",
                upstream["connections"]?["idle"]?.numberText ?? "?",
                upstream["inflight"]?.numberText ?? "?",
                upstream["requests"]?.numberText ?? "?",
                upstream["errors"]?.numberText ?? "?",
            ])
        }
        return table.text(indent: 0)
    }

    private static func target(_ target: JSONValue) -> String {
        let setting = target["target"]?.text ?? "?"
        let address = target["address"]?.text ?? "?"
        let name = setting == address ? setting : "\(setting) (\(address))"
        let state = target["state"]?.text ?? "sound"
        let mark = target["drained"]?.bool == true ? " drained" : ""
        return (["sound", "unknown"].contains(state) ? name : "\(name) \(state)") + mark
    }

    /// The targets that are checked or have had trouble, one by one; none when all is plain.
    private static func targets(_ status: JSONValue) -> String {
        var table = TextTable(
            ["target", "upstream", "state", "for", "checks", "degraded", "failed", "last error"],
            numbers: 4...6)
        var isEmpty = true
        for upstream in status["upstreams"]?.elements ?? [] {
            for target in upstream["targets"]?.elements ?? [] {
                let checks = target["checks"] ?? .null
                let error = target["last_error"]?.text
                guard checks != .null || error != nil else { continue }
                isEmpty = false
                let counts = ["sound", "degraded", "failed"].map { checks[$0]?.int ?? 0 }
                let percent = target["weight_percent"]?.int ?? 100
                let state = target["state"]?.text ?? "?"
                table.add([
                    target["address"]?.text ?? "?", upstream["name"]?.text ?? "?",
                    percent == 100 ? state : "\(state), \(percent) % of its weight",
                    duration(target["state_seconds"]?.int ?? 0),
                    checks == .null ? "-" : "\(counts.reduce(0, +))",
                    checks == .null ? "-" : "\(counts[1])",
                    checks == .null ? "-" : "\(counts[2])",
                    errorText(target, error),
                ])
            }
        }
        return isEmpty ? "" : table.text(indent: 0)
    }

    private static func errorText(_ target: JSONValue, _ error: String?) -> String {
        guard let error else { return "" }
        return target["last_error_at"]?.text.map { "\(error), at \($0)" } ?? error
    }

    /// `2 d 3 h`, `5 min`, `12 s`.
    static func duration(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3_600: "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: "\(seconds / 3_600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
        }
    }
}
