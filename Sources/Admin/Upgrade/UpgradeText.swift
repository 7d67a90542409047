/// The list of an upgrade as people read it.
package enum UpgradeText {
    /// Of the control API's answer.
    package static func table(_ answer: JSONValue) -> String {
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
            text += "\(margin)\(oneLine(reason))\n"
        }
        if let by = step["by"]?.text {
            let note = oneLine(step["note"]?.text ?? "")
            text += "\(margin)\(step["at"]?.text ?? "?") \(oneLine(by))"
            text += note.isEmpty ? "\n" : ": \(note)\n"
        }
        for remark in step["remarks"]?.elements ?? [] {
            text += "\(margin)\(oneLine(remark.text ?? "?"))\n"
        }
        return text
    }

    /// A line end in a note must not look like one of ours.
    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " | ")
    }
}
