extension UpgradeChecklist {
    private static let form = "sluice upgrade 1"

    /// What state_dir keeps: what was said and seen, with a checksum.
    package func encoded() -> String {
        let kept = kept
        let sum = SHA256.hexadecimal(JSONWriter.text(kept).utf8)
        return JSONWriter.line(
            .object(["form": .string(Self.form), "sha256": .string(sum), "upgrade": kept])) + "\n"
    }

    private var kept: JSONValue {
        let steps = UpgradeStep.allCases
        return .object([
            "split": .string(split), "x": .string(x), "y": .string(y), "start": start.kept,
            "words": .object(
                steps.compactMap { step in
                    words[step].map { .init(name: step.rawValue, value: $0.kept) }
                }),
            "seen": .object(
                steps.compactMap { step in
                    seen[step].map { .init(name: step.rawValue, value: .number($0)) }
                }),
            "finish": finish?.kept ?? .null, "done": done?.kept ?? .null,
        ])
    }

    /// Reads what `encoded` wrote, byte for byte; anything else is refused.
    package init(decoding bytes: [UInt8]) throws(UpgradeRefusal) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(bytes)
        } catch {
            throw .damaged("\(error)")
        }
        guard value["form"]?.text == Self.form else {
            throw .damaged("expected the form `\(Self.form)`")
        }
        guard let kept = value["upgrade"], let list = UpgradeChecklist(kept),
            list.encoded().utf8.elementsEqual(bytes)
        else { throw .damaged("expected the text that its checksum was made of") }
        self = list
    }

    private init?(_ kept: JSONValue) {
        guard let split = kept["split"]?.text, let x = kept["x"]?.text, let y = kept["y"]?.text,
            let start = Word(kept["start"])
        else { return nil }
        var words: [UpgradeStep: Word] = [:]
        for member in kept["words"]?.members ?? [] {
            guard let step = UpgradeStep(rawValue: member.name), let word = Word(member.value)
            else { return nil }
            words[step] = word
        }
        var seen: [UpgradeStep: Int64] = [:]
        for member in kept["seen"]?.members ?? [] {
            guard let step = UpgradeStep(rawValue: member.name), let at = member.value.int else {
                return nil
            }
            seen[step] = Int64(at)
        }
        self.init(
            split: split, x: x, y: y, start: start, words: words, seen: seen,
            finish: Word(kept["finish"]), done: Word(kept["done"]))
    }

    /// The list as the control API tells it.
    package func answer(_ facts: UpgradeFacts) -> JSONValue {
        let steps = UpgradeStep.allCases.map { step -> JSONValue in
            let state = state(of: step, facts)
            let word = step == .finish ? finish : words[step]
            return .object([
                "step": .string(step.rawValue),
                "title": .string(step.title(x: x, y: y)),
                "known_by": .string(step.knowledge.rawValue),
                "state": .string(state.word),
                "reason": .string(state.reason),
                "remarks": .array(remarks(of: step, facts).map { .string($0) }),
                "at": .moment(word?.atMilliseconds ?? seen[step]),
                "by": .string(optional: word?.by),
                "note": .string(optional: word?.note),
            ])
        }
        return .object([
            "split": .string(split),
            "stable": .string(x),
            "candidate": .string(y),
            "state": .string(done != nil ? "done" : finish != nil ? "finished" : "running"),
            "started_at": .moment(start.atMilliseconds),
            "by": .string(start.by),
            "note": .string(start.note),
            "latched": .string(optional: latched),
            "steps": .array(steps),
        ])
    }
}

extension UpgradeChecklist.Word {
    fileprivate var kept: JSONValue {
        .object(["at": .number(atMilliseconds), "by": .string(by), "note": .string(note)])
    }

    fileprivate init?(_ value: JSONValue?) {
        guard let at = value?["at"]?.int, let by = value?["by"]?.text,
            let note = value?["note"]?.text
        else { return nil }
        self.init(atMilliseconds: Int64(at), by: by, note: note)
    }
}
