/// A rollout as people read it.
package enum RolloutText {
    /// Of the control API's answer.
    package static func table(_ answer: JSONValue) -> String {
        let answer = answer.visible
        guard let plan = answer["plan"]?.text else {
            guard let error = answer["error"]?.text else {
                return "no rollout; `sluice rollout start PLAN` begins one\n"
            }
            return answer["alarm"]?.text == nil
                ? "rollout.journal cannot be used: \(error)\n"
                : "ALARM: \(error)\n"
        }
        let splits = (answer["splits"]?.elements ?? []).compactMap(\.text)
        var text = "rollout \(plan) of \(splits.joined(separator: ", ")): "
        text += "\(state(answer)), since \(answer["started_at"]?.text ?? "?")\n"
        if let alarm = answer["alarm"]?.text { text += "ALARM: \(alarm)\n" }
        if let fault = answer["journal_error"]?.text {
            text +=
                "NOT ON THE DISK: \(fault). It is in force and tried again; what "
                + "happened since then is lost if this process ends\n"
        }
        if let damage = answer["journal_damage"]?.text {
            text += "\(damage); what came after that is lost\n"
        }
        text += step(answer)
        for name in (answer["connection_splits"]?.elements ?? []).compactMap(\.text) {
            text += "  \(name) has connections: errors are those that do not come "
            text += "about; no status and no latency is judged there\n"
        }
        for name in (answer["mixed_splits"]?.elements ?? []).compactMap(\.text) {
            text += "  \(name) has connections beside its requests: of those nothing is "
            text += "judged but whether they come about\n"
        }
        for guarding in answer["guards"]?.elements ?? [] {
            text += "  guard \(guarding["guard"]?.text ?? "?"): "
            text += "\(guarding["state"]?.text ?? "?")"
            let words = guarding["text"]?.text ?? ""
            text += words.isEmpty ? "\n" : ", \(words)\n"
        }
        for blocker in answer["blockers"]?.elements ?? [] {
            text += "  waits for \(blocker.text ?? "?")\n"
        }
        if answer["state"]?.text == "awaiting_approval" {
            text += "  waits for `sluice rollout approve --step \(answer["step"]?.int ?? 0)`\n"
        }
        return text + judge(answer) + confidence(answer["confidence"] ?? .null)
    }

    /// The line of `sluice status`; nothing where there is no rollout under way.
    package static func summary(_ answer: JSONValue?) -> String {
        let answer = answer?.visible
        guard let answer, let plan = answer["plan"]?.text else {
            return answer?["alarm"]?.text.map { "rollout: ALARM: \($0)\n" } ?? ""
        }
        let isOver = ["aborted", "completed"].contains(answer["state"]?.text ?? "")
        let isWritten = answer["journal_error"]?.text == nil
        if isOver, isWritten { return "" }
        let step = answer["step"]?.int ?? 0
        let steps = answer["steps"]?.int ?? 0
        let weight = answer["weight"]?.numberText ?? "?"
        let isBack = ["rolled_back", "aborted"].contains(answer["state"]?.text ?? "")
        let place = isBack ? "from \(weight) % to 0 %" : "at \(weight) %"
        let alarm = answer["alarm"]?.text.map { ", ALARM: \($0)" } ?? ""
        return "rollout \(plan): \(state(answer)), step \(step) of \(steps) "
            + "\(place)\(alarm)\(isWritten ? "" : ", NOT ON THE DISK: `sluice rollout`")\n"
    }

    /// What happened, one line each.
    package static func history(_ answer: JSONValue) -> String {
        let answer = answer.visible
        var text = ""
        for rollout in answer["rollouts"]?.elements ?? [] {
            text += "\(rollout["ended_at"]?.text ?? "?") \(rollout["plan"]?.text ?? "?") "
            text += "\(rollout["state"]?.text ?? "?") at step \(rollout["step"]?.int ?? 0) of "
            text += "\(rollout["steps"]?.int ?? 0)"
            let reason = rollout["reason"]?.text ?? ""
            text += reason.isEmpty ? "\n" : ": \(reason)\n"
        }
        if text.isEmpty { text = "no rollout has ended yet\n" }
        if let damage = answer["journal_damage"]?.text {
            text += "\(damage); what came after that is lost\n"
        }
        for event in answer["events"]?.elements ?? [] {
            text += "  \(event["at"]?.text ?? "?") \(event["event"]?.text ?? "?")"
            if let step = event["step"]?.int {
                text += event["event"]?.text == "step" ? " \(step)" : " step \(step)"
            }
            if let weight = event["weight"]?.numberText { text += " weight \(weight)" }
            if let time = event["milliseconds"]?.double {
                text += ", in force after \(Rounding.round(time, decimals: 1)) ms"
            }
            let reason = event["reason"]?.text ?? event["text"]?.text ?? ""
            text += reason.isEmpty ? "\n" : ": \(reason)\n"
        }
        return text
    }

    private static func state(_ answer: JSONValue) -> String {
        let state = (answer["state"]?.text ?? "?").replacing("_", with: " ")
        let reason = answer["reason"]?.text ?? ""
        return reason.isEmpty ? state : "\(state) (\(reason))"
    }

    private static func step(_ answer: JSONValue) -> String {
        let held = Int(answer["held_seconds"]?.double ?? 0)
        let hold = Int(answer["hold_seconds"]?.double ?? 0)
        return "  step \(answer["step"]?.int ?? 0) of \(answer["steps"]?.int ?? 0): weight "
            + "\(answer["weight"]?.numberText ?? "?"), in effect for \(held) of \(hold) s, "
            + "\(answer["served"]?.int ?? 0) of \(answer["min_requests"]?.int ?? 0) requests\n"
            + (answer["comparison"]?.text == "possible"
                ? "" : "  no comparison is possible: all traffic is on one side\n")
    }

    private static func judge(_ answer: JSONValue) -> String {
        let judge = answer["judge"] ?? .null
        let evidence = number(judge["log_evidence"], decimals: 2)
        let limit = number(judge["log_limit"], decimals: 2)
        var text = "  evidence against the candidate: \(evidence) of \(limit) (logarithms)\n"
        for kind in judge["classes"]?.elements ?? [] {
            let candidate = kind["candidate"]?.int ?? 0
            let stable = kind["stable"]?.int ?? 0
            guard candidate + stable > 0 else { continue }
            text += "    \(kind["class"]?.text ?? "?"): \(candidate) on the candidate, "
            text += "\(stable) on stable, \(number(kind["log_value"], decimals: 2)), "
            text += kind["told"]?.bool == true ? "told" : (kind["on_breach"]?.text ?? "?")
            if kind["sticky_full"]?.bool == true {
                text += "; sticky clients give no more evidence"
            }
            text += "\n"
            guard let worst = kind["prefixes"]?.elements?.first,
                worst["log_value"]?.double ?? 0 > 0
            else { continue }
            text += "      most of all at \(worst["prefix"]?.text ?? "?"): "
            text += "\(worst["candidate"]?.int ?? 0) on the candidate, "
            text += "\(worst["stable"]?.int ?? 0) on stable\n"
        }
        return text
    }

    private static func confidence(_ confidence: JSONValue) -> String {
        guard let bound = confidence["error_share_bound"]?.double else { return "" }
        let percent = Rounding.round(bound * 100, decimals: 3)
        var text = "  the candidate's error share is at most \(percent) % (99 % sure)"
        if let seconds = confidence["seconds_left"]?.int ?? seconds(confidence["seconds_left"]),
            seconds > 0
        {
            text += ", below the limit in about \(StatusText.duration(seconds))"
        }
        let ratio = confidence["at_most_worse"]?.numberText ?? "?"
        let isRefuted = confidence["at_most_worse_refuted"]?.bool == true
        let progress = Int((confidence["at_most_worse_progress"]?.double ?? 0) * 100)
        text += "\n  that it is \(ratio) times worse is "
        text += isRefuted ? "refuted\n" : "not refuted yet (\(progress) %)\n"
        return text
    }

    private static func seconds(_ value: JSONValue?) -> Int? {
        value?.double.flatMap { $0 < 1e9 ? Int($0) : nil }
    }

    private static func number(_ value: JSONValue?, decimals: Int) -> String {
        value?.double.map { "\(Rounding.round($0, decimals: decimals))" } ?? "?"
    }
}
