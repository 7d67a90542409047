import Splitting
import Yams

extension SettingsDocument {
    /// The splits, if every one of them is sound.
    mutating func readSplits(_ section: Field?, in root: Node) -> [SplitSettings]? {
        guard let entries = namedEntries(section, of: root, what: .splits) else { return nil }
        splitNames = entries.map(\.name)
        var splits: [SplitSettings] = []
        for entry in entries {
            guard let split = readSplit(entry) else { continue }
            splits.append(split)
        }
        return splits.count == entries.count ? splits : nil
    }

    /// A mapping with a key of the long form is the long form, any other the weights themselves.
    private mutating func readSplit(_ entry: Field) -> SplitSettings? {
        let reserved = KeyTable.split.known + KeyTable.split.later
        guard case .mapping(let mapping) = entry.value,
            mapping.keys.contains(where: { reserved.contains($0.scalar?.string ?? "") })
        else {
            return readWeights(entry, owner: entry).map { split(entry.name, $0, [:]) }
        }
        guard let fields = fields(of: entry.value, keys: .split) else { return nil }
        let weights = required(
            "weights", of: fields, owner: "the split \(quoted(entry.name))", at: entry.key)
        guard let weights, let members = readWeights(weights, owner: entry) else {
            // What else is wrong is told together with the weights.
            findFaults(beside: weights, fields, of: entry)
            return nil
        }
        return split(entry.name, members, fields)
    }

    private mutating func findFaults(
        beside weights: Field?, _ fields: [String: Field], of entry: Field
    ) {
        var names: [String] = []
        if case .mapping(let mapping)? = weights?.value {
            names = mapping.keys.compactMap { $0.scalar?.string }
        }
        if names.isEmpty {
            _ = readSticky(fields["sticky"])
            _ = readUpgrade(fields["upgrade"])
        } else {
            _ = split(entry.name, names.map { ($0, .zero) }, fields)
        }
    }

    private mutating func readWeights(_ field: Field, owner: Field) -> [(String, Weight)]? {
        let name = quoted(owner.name)
        let entries = faults.entries(
            of: field.value, owner: "the split \(name)",
            expected: "weights by upstream, such as {x: 90, y: 10}")
        guard let entries else { return nil }
        guard (1...Limits.membersOfSplit).contains(entries.count) else {
            faults.add(
                "the split \(name) has \(entries.count) members; "
                    + "expected 1 to \(Limits.membersOfSplit)",
                at: owner.key)
            return nil
        }
        var members: [(String, Weight)] = []
        for entry in entries {
            checkUpstream(entry.name, at: entry.key)
            if let weight = weight(entry) { members.append((entry.name, weight)) }
        }
        guard members.count == entries.count else { return nil }
        if members.allSatisfy({ $0.1.hundredths == 0 }) {
            faults.add(WeightFault.zeroSum.message(split: owner.name, members: []), at: field.value)
        }
        return members
    }

    private mutating func weight(_ entry: Field) -> Weight? {
        guard let text = text(of: entry.value, expected: "a weight") else { return nil }
        do throws(WeightError) {
            return try Weight.parse(text)
        } catch {
            let fault = WeightFault.invalidWeight(member: entry.name, error)
            faults.add(fault.message(split: "", members: []), at: entry.value)
            return nil
        }
    }

    private mutating func checkUpstream(_ name: String, at node: Node) {
        guard let upstreamNames, !upstreamNames.contains(name) else { return }
        let advice = NearestWord.advice(name, among: upstreamNames)
        faults.add("there is no upstream \(quoted(name)); \(advice)", at: node)
    }

    private mutating func split(
        _ name: String,
        _ weighted: [(String, Weight)],
        _ fields: [String: Field]
    ) -> SplitSettings {
        let members = weighted.map(\.0)
        let said = (
            stable: member(fields["stable"], of: members),
            candidate: member(fields["candidate"], of: members)
        )
        if let stable = said.stable, stable == said.candidate, let field = fields["candidate"] {
            faults.add(
                "\(quoted(stable)) is both stable and candidate; expected two members",
                at: field.value)
        }
        let stable = said.stable ?? members.first { $0 != said.candidate } ?? members[0]
        let other = members.count == 2 ? members.first { $0 != stable } : nil
        return SplitSettings(
            name: name, members: members, weights: weighted.map(\.1), stable: stable,
            candidate: said.candidate ?? other, sticky: readSticky(fields["sticky"]),
            pins: readPins(fields["pins"], of: members), upgrade: readUpgrade(fields["upgrade"]))
    }

    private mutating func member(_ field: Field?, of members: [String]) -> String? {
        value(field, expected: "a member of the split: \(listed(members))") {
            members.contains($0) ? $0 : nil
        }
    }
}
