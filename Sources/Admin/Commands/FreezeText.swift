/// Freezes, latches and the audit as people read them.
package enum FreezeText {
    /// What is frozen and latched; empty when nothing is, and there are no guards.
    package static func table(_ status: JSONValue) -> String {
        let status = status.visible
        let freezes = status["freezes"]?.elements ?? []
        let latches = status["latches"]?.elements ?? []
        return freezes.map(frozen).joined() + latches.map(latched).joined()
            + audit(status["audit"])
    }

    /// `kong: frozen (both) since ...; 2 writes are still on their way`, of the answer to a change.
    package static func change(_ answer: JSONValue) -> String {
        let already = answer["changed"]?.bool == false ? " (as before)" : ""
        let line = frozen(answer.visible).dropLast()
        return "\(line)\(already)\n"
    }

    /// `kong: x is kept at weight 0 since ...`, or that nothing keeps it, of a change's answer.
    package static func change(
        _ answer: JSONValue, ofLatch upstream: String, split: String
    ) -> String {
        let (answer, upstream) = (answer.visible, VisibleText.line(upstream))
        let already = answer["changed"]?.bool == false ? " (as before)" : ""
        let latch = answer["latches"]?.elements?.first { $0["upstream"]?.text == upstream }
        guard let latch else {
            return "\(VisibleText.line(split)): \(upstream) may have weight again\(already)\n"
        }
        return "\(latched(latch).dropLast())\(already)\n"
    }

    /// What an operator has to know about a change: nothing when all is well.
    package static func warnings(ofChange answer: JSONValue) -> String {
        let answer = answer.visible
        var text = SplitText.lateWorkers(answer)
        if answer["durable"]?.bool == false {
            text += "warning: a restart forgets this: state_dir could not be written\n"
        }
        for warning in answer["warnings"]?.elements ?? [] {
            text += "warning: \(warning.text ?? "")\n"
        }
        return text
    }

    private static func frozen(_ freeze: JSONValue) -> String {
        let name = freeze["split"]?.text ?? "?"
        let mode = freeze["mode"]?.text ?? "?"
        guard mode != "off" else { return "\(name): not frozen\n" }
        var text = "\(name): frozen (\(mode)) since \(freeze["since"]?.text ?? "?")"
        let reason = freeze["reason"]?.text ?? ""
        if !reason.isEmpty { text += ": \(reason)" }
        let writes = freeze["writes_in_flight"]?.int ?? 0
        if writes > 0 {
            text += "; \(writes) \(writes == 1 ? "write is" : "writes are") still on the way"
        }
        return text + "\n"
    }

    private static func latched(_ latch: JSONValue) -> String {
        let reason = latch["reason"]?.text ?? ""
        return
            "\(latch["split"]?.text ?? "?"): \(latch["upstream"]?.text ?? "?") is kept at weight "
            + "0 since \(latch["since"]?.text ?? "?")"
            + (reason.isEmpty ? "" : ": \(reason)") + "\n"
    }

    /// Only what is wrong with it.
    private static func audit(_ audit: JSONValue?) -> String {
        guard let path = audit?["path"]?.text else { return "" }
        let waiting = audit?["waiting"]?.int ?? 0
        let lost = audit?["lost"]?.int ?? 0
        guard audit?["writing"]?.bool == false || lost > 0 else { return "" }
        return "audit: \(path) cannot be written: \(audit?["error"]?.text ?? "?"); "
            + "\(waiting) entries wait, \(lost) are lost\n"
    }
}
