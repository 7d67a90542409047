/// The list of an upgrade as people read it.
package enum UpgradeText {
    /// Of the control API's answer.
    package static func table(_ answer: JSONValue) -> String {
        let answer = answer.visible
        let x = answer["stable"]?.text ?? "?"
        let y = answer["candidate"]?.text ?? "?"
        var text = "upgrade of \(answer["split"]?.text ?? "?"), from \(x) to \(y): "
        text += "\(answer["state"]?.text ?? "?"), since \(answer["started_at"]?.text ?? "?")\n"
        for step in answer["steps"]?.elements ?? [] { text += line(step) }
        if let latched = answer["latched"]?.text {
            text += "\(latched) stays at 0: it could not be started again on its database\n"
        }
        return text
    }

    /// A step after it was acknowledged, and what can be done next.
    package static func step(_ name: String, of answer: JSONValue) -> String {
        let (name, answer) = (VisibleText.line(name), answer.visible)
        let step = (answer["steps"]?.elements ?? []).first { $0["step"]?.text == name }
        return (step.map(line) ?? "") + next(answer)
    }

    /// What the smoke requests came to.
    package static func smoke(_ answer: JSONValue) -> String {
        let answer = answer.visible
        let results = answer["smoke"]?.elements ?? []
        var text = ""
        for result in results {
            let differences = (result["differences"]?.elements ?? []).compactMap(\.text)
            text += "\(result["request"]?.text ?? "?"): "
            text += differences.isEmpty ? "alike\n" : "\(differences.count) differences\n"
            for difference in differences { text += "    \(difference)\n" }
        }
        let alike = results.count { $0["differences"]?.elements?.isEmpty == true }
        return text + "\(alike) of \(results.count) answers are alike at "
            + "\(answer["stable"]?.text ?? "?") and \(answer["candidate"]?.text ?? "?")\n"
    }

    /// Whether no answer differed.
    static func isSmokeAlike(_ answer: JSONValue) -> Bool {
        (answer["smoke"]?.elements ?? []).allSatisfy {
            $0["differences"]?.elements?.isEmpty == true
        }
    }

    /// What holds from the word on that migrations are finished.
    package static func finished(_ answer: JSONValue) -> String {
        let answer = answer.visible
        let x = answer["latched"]?.text ?? "?"
        let remove = (answer["steps"]?.elements ?? []).first { $0["step"]?.text == "remove" }
        let left = (remove?["remarks"]?.elements ?? []).compactMap(\.text)
        return "\(x) is kept at weight 0 from now on: it could not be started again on its "
            + "database\n" + left.map { "\($0)\n" }.joined() + next(answer)
    }

    /// The end.
    package static func over(_ answer: JSONValue) -> String {
        let answer = answer.visible
        return "the upgrade of \(answer["split"]?.text ?? "?") is over; "
            + "\(answer["latched"]?.text ?? "?") stays at 0 until an upgrade makes it the new "
            + "side\n"
    }

    /// A line for each upgrade that is under way.
    package static func summary(_ status: JSONValue) -> String {
        let status = status.visible
        let upgrades = (status["upgrades"]?.elements ?? []).filter { $0["state"]?.text != "done" }
        return damage(status["upgrades_error"])
            + upgrades.map { answer in
                let steps = answer["steps"]?.elements ?? []
                let done = steps.count { $0["state"]?.text == "done" }
                let violated = names(answer, "violated")
                return "upgrade \(answer["split"]?.text ?? "?"): "
                    + "\(answer["state"]?.text ?? "?"), \(done) of \(steps.count) steps done"
                    + (violated.isEmpty ? "" : ", VIOLATED: \(violated.joined(separator: ", "))")
                    + "\n"
            }.joined()
    }

    /// That nothing is known of earlier upgrades, and why.
    static func damage(_ error: JSONValue?) -> String {
        error?.visible.text.map { "upgrade.state cannot be used: \($0)\n" } ?? ""
    }

    private static func next(_ answer: JSONValue) -> String {
        let violated = names(answer, "violated")
        let open = names(answer, "open")
        return (violated.isEmpty ? "" : "violated: \(violated.joined(separator: ", "))\n")
            + (open.isEmpty ? "" : "open now: \(open.joined(separator: ", "))\n")
    }

    private static func names(_ answer: JSONValue, _ state: String) -> [String] {
        (answer["steps"]?.elements ?? []).filter { $0["state"]?.text == state }
            .compactMap { $0["step"]?.text }
    }

    private static func line(_ step: JSONValue) -> String {
        let mark =
            switch step["state"]?.text {
            case "done": "[x]"
            case "held": "[-]"
            case "violated": "[!]"
            default: "[ ]"
            }
        let name = step["step"]?.text ?? "?"
        let space = String(repeating: " ", count: max(1, 11 - name.count))
        var text = "\(mark) \(name)\(space)\(step["title"]?.text ?? "?")\n"
        let margin = String(repeating: " ", count: 15)
        if let reason = step["reason"]?.text, !reason.isEmpty {
            text += "\(margin)\(reason)\n"
        }
        if let by = step["by"]?.text {
            let note = step["note"]?.text ?? ""
            text += "\(margin)\(step["at"]?.text ?? "?") \(by)"
            text += note.isEmpty ? "\n" : ": \(note)\n"
        }
        for remark in step["remarks"]?.elements ?? [] {
            text += "\(margin)\(remark.text ?? "?")\n"
        }
        return text
    }
}
