/// Splits as people read them.
package enum SplitText {
    /// Every split with the set, effective and measured share of its members.
    package static func table(_ splits: [JSONValue]) -> String {
        splits.map { block($0.visible) }.joined(separator: "\n")
    }

    /// `kong: x=90 y=10 -> x=75 y=25, generation 4`.
    package static func change(_ split: JSONValue) -> String {
        let split = split.visible
        let name = split["name"]?.text ?? "?"
        let before = assignments(split["before"])
        let after = assignments(split["weights"])
        let generation = split["generation"]?.numberText ?? "?"
        let arrow = before == after ? "\(after) already" : "\(before) -> \(after)"
        return "\(name): \(arrow), generation \(generation)\n"
    }

    /// What a user has to know about a change: nothing when all is well.
    package static func warnings(_ answer: JSONValue) -> String {
        let answer = answer.visible
        var text = ""
        if answer["durable"]?.bool == false {
            text += "warning: a restart forgets this: neither the weight file nor state_dir "
            text += "could be written\n"
        }
        if answer["weights_file"]?["written"]?.bool == false {
            text += "warning: the weight file was not written: "
            text += "\(answer["weights_file"]?["error"]?.text ?? "?")\n"
        }
        for skipped in answer["skipped"]?.elements ?? [] {
            text += "warning: left as it is: \(skipped.text ?? "")\n"
        }
        return text + lateWorkers(answer)
    }

    /// Which workers have not taken a change on yet; nothing when all have.
    static func lateWorkers(_ answer: JSONValue) -> String {
        guard let late = answer["pending_workers"]?.elements, !late.isEmpty else { return "" }
        let numbers = late.compactMap(\.numberText).joined(separator: ", ")
        return "warning: not yet in force in workers \(numbers)\n"
    }

    /// `x=75 y=25`.
    static func assignments(_ weights: JSONValue?) -> String {
        (weights?.members ?? []).map { "\($0.name)=\($0.value.numberText ?? "?")" }
            .joined(separator: " ")
    }

    private static func block(_ split: JSONValue) -> String {
        let name = split["name"]?.text ?? "?"
        let generation = split["generation"]?.numberText ?? "?"
        let source = split["source"]?.text ?? "?"
        let changed = split["changed_at"]?.text ?? "?"
        let reason = split["reason"]?.text ?? ""
        var text = "\(name)  generation \(generation), by \(source) at \(changed)"
        if !reason.isEmpty { text += ": \(reason)" }
        if split["durable"]?.bool == false { text += " (not durable)" }
        var table = TextTable(
            ["upstream", "set", "effective", "measured", "requests", ""], numbers: 1...4)
        let requests = split["measured"]?["requests"]?.int ?? 0
        for member in split["weights"]?.members ?? [] {
            let count = split["measured"]?[member.name]?.int ?? 0
            table.add([
                member.name,
                share(member.value.double ?? 0, of: sum(split["weights"])),
                share(split["effective"]?[member.name]?.double ?? 0, of: sum(split["effective"])),
                requests == 0 ? "-" : share(Double(count), of: Double(requests)),
                "\(count)",
                role(of: member.name, split),
            ])
        }
        return "\(text)\n\(table.text(indent: 2))\(notes(split))"
    }

    /// What the counts of a split mean that looks at requests; nothing for any other.
    private static func notes(_ split: JSONValue) -> String {
        var notes = ""
        if let keys = split["sticky"]?.elements {
            let names = keys.compactMap(\.text).joined(separator: ", ")
            let sticky = total(split, "sticky")
            notes += "  sticky by \(names): the set share is one of users, the measured one of "
            notes +=
                "requests, of which \(sticky) by a key and \(total(split, "sequence")) without\n"
        }
        let pinned = counts(split, "pin").filter { $0.count > 0 }
        if !pinned.isEmpty {
            let texts = pinned.map { "\($0.member)=\($0.count)" }.joined(separator: " ")
            notes += "  pinned, and not counted above: \(texts)\n"
        }
        return notes
    }

    private static func total(_ split: JSONValue, _ kind: String) -> Int {
        counts(split, kind).reduce(0) { $0 + $1.count }
    }

    private static func counts(
        _ split: JSONValue, _ kind: String
    ) -> [(member: String, count: Int)] {
        (split["choices"]?[kind]?.members ?? []).map { ($0.name, $0.value.int ?? 0) }
    }

    private static func role(of member: String, _ split: JSONValue) -> String {
        if split["stable"]?.text == member { return "stable" }
        return split["candidate"]?.text == member ? "candidate" : ""
    }

    private static func sum(_ weights: JSONValue?) -> Double {
        (weights?.members ?? []).reduce(0) { $0 + ($1.value.double ?? 0) }
    }

    /// `33.33 %`.
    static func share(_ part: Double, of whole: Double) -> String {
        let hundredths = whole > 0 ? Int((part / whole * 10_000).rounded()) : 0
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) %"
    }
}
