import Splitting
import Yams

/// Walks a weight file and collects its faults.
struct WeightsReader {
    /// What each split must name; nil when that is not known.
    let splits: [SplitSettings]?
    private(set) var faults: FaultList
    private var weights: [String: [Weight]] = [:]
    private var places: [String: [Range<Int>]] = [:]

    private struct Number {
        let weight: Weight
        let place: Range<Int>?
    }

    init(file: String, splits: [SplitSettings]?) {
        self.splits = splits
        faults = FaultList(file: file)
    }

    /// The document that the bytes hold; nil when `faults` has errors.
    mutating func read(_ bytes: [UInt8]) -> WeightsDocument? {
        let document = YAMLDocument(
            bytes, emptyMeans: "the weights of each split, such as `kong: {x: 90, y: 10}`",
            faults: &faults)
        guard let document else { return nil }
        let entries = faults.entries(
            of: document.root, owner: "the file",
            expected: "weights by split, such as `kong: {x: 90, y: 10}`")
        guard let entries else { return nil }
        for entry in entries { readSplit(entry, source: document.source) }
        checkSplits(named: Set(entries.map(\.name)), root: document.root)
        guard faults.errors.isEmpty, let splits else { return nil }
        return WeightsDocument(
            file: faults.file, text: String(decoding: bytes, as: UTF8.self), weights: weights,
            splits: splits, places: places)
    }

    private mutating func readSplit(_ entry: Field, source: SourceText) {
        let split = splits?.first { $0.name == entry.name }
        if let splits, split == nil {
            let known = listed(splits.map(\.name))
            faults.add("there is no split \(quoted(entry.name)); expected \(known)", at: entry.key)
        }
        let entries = faults.entries(
            of: entry.value, owner: "the split \(quoted(entry.name))",
            expected: "weights by upstream, such as {x: 90, y: 10}")
        guard let entries else { return }
        var numbers: [String: Number] = [:]
        for member in entries {
            if let split, !split.members.contains(member.name) {
                add(.unknownMember(member.name), of: split, at: member.key)
            }
            numbers[member.name] = number(member, source: split == nil ? nil : source)
        }
        if let split {
            for member in split.members where !entries.contains(where: { $0.name == member }) {
                add(.missingMember(member), of: split, at: entry.key)
            }
        }
        let members = split?.members ?? entries.map(\.name)
        keep(members.compactMap { numbers[$0] }, of: entry, members: members)
    }

    private mutating func keep(_ numbers: [Number], of entry: Field, members: [String]) {
        guard numbers.count == members.count else { return }
        if numbers.allSatisfy({ $0.weight == .zero }) {
            let fault = WeightFault.zeroSum
            faults.add(fault.message(split: entry.name, members: members), at: entry.value)
        }
        weights[entry.name] = numbers.map(\.weight)
        places[entry.name] = numbers.compactMap(\.place)
    }

    private mutating func checkSplits(named: Set<String>, root: Node) {
        for split in splits ?? [] where !named.contains(split.name) {
            faults.add(
                "the split \(quoted(split.name)) is missing; expected every split of sluice.yaml",
                at: root)
        }
    }

    /// A number, and where its digits stand: nothing but the digits may be replaced later.
    /// Without a source the place is not looked for.
    private mutating func number(_ field: Field, source: SourceText?) -> Number? {
        let node = field.value
        guard case .scalar(let scalar) = node else {
            faults.add("\(quoted(field.name)) is \(node.found); expected a weight", at: node)
            return nil
        }
        do throws(WeightError) {
            let weight = try Weight.parse(scalar.string)
            guard let source else { return Number(weight: weight, place: nil) }
            if let place = place(of: scalar, at: node.position, in: source) {
                return Number(weight: weight, place: place)
            }
            faults.add("\(quoted(field.name)) has escapes; expected plain digits", at: node)
        } catch {
            let fault = WeightFault.invalidWeight(member: field.name, error)
            faults.add(fault.message(split: "", members: []), at: node)
        }
        return nil
    }

    /// The digits' place in the whole text, checked against the text itself.
    private func place(
        of scalar: Node.Scalar,
        at position: Position,
        in source: SourceText
    ) -> Range<Int>? {
        guard let start = source.offset(of: position) else { return nil }
        let isQuoted = scalar.style == .doubleQuoted || scalar.style == .singleQuoted
        let digits = start + (isQuoted ? 1 : 0)
        let end = digits + scalar.string.utf8.count
        let bytes = source.text.utf8
        guard end <= bytes.count else { return nil }
        let written = bytes.dropFirst(digits).prefix(scalar.string.utf8.count)
        guard written.elementsEqual(scalar.string.utf8) else { return nil }
        let mark = source.hasByteOrderMark ? SourceText.byteOrderMark.count : 0
        return digits + mark..<end + mark
    }

    private mutating func add(_ fault: WeightFault, of split: SplitSettings, at node: Node) {
        faults.add(fault.message(split: split.name, members: split.members), at: node)
    }
}
