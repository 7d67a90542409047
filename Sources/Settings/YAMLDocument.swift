import Yams

/// A file read as one YAML document: its text and the tree of its nodes.
struct YAMLDocument {
    let source: SourceText
    let root: Node

    /// Reads bytes; on failure the fault is in `faults` and the result is nil.
    init?(_ bytes: [UInt8], emptyMeans expected: String, faults: inout FaultList) {
        do throws(SourceText.Fault) {
            source = try SourceText(bytes)
        } catch {
            faults.add(error.message, at: error.position)
            return nil
        }
        if let finding = IndicatorScan.firstFinding(in: source.text) {
            faults.add(finding.message, at: finding.position)
            return nil
        }
        do {
            guard let root = try Self.compose(source.text) else {
                faults.add("the file is empty; expected \(expected)", at: .start)
                return nil
            }
            self.root = root
        } catch {
            Self.add(error, in: source, to: &faults)
            return nil
        }
    }

    /// The scan has refused anchors, so the tree is no larger than the text.
    private static func compose(_ text: String) throws -> Node? {
        try Parser(yaml: text, encoding: .utf8).singleRoot()
    }

    private static func add(
        _ error: any Error,
        in source: SourceText,
        to faults: inout FaultList
    ) {
        guard let error = error as? YamlError else {
            faults.add("not YAML: \(error)", at: .start)
            return
        }
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _):
            let doing = context.map { " \($0.text) that begins at \($0.mark)" } ?? ""
            let isBracketed = source.line(mark.line, contains: "]:")
            let hint = isBracketed ? "; expected quotes around an address in brackets" : ""
            faults.add(
                "not YAML: \(problem)\(doing)\(hint)",
                at: Position(line: mark.line, column: mark.column))
        case .composer(_, let problem, let mark, _):
            let message =
                problem == "but found another document"
                ? "a second document begins; expected one document in the file" : problem
            faults.add(message, at: Position(line: mark.line, column: mark.column))
        case .duplicatedKeysInMapping(let names, let context):
            let keys = listed(names.sorted().map(quoted))
            faults.add(
                "\(keys) is written more than once; expected each key once",
                at: Position(line: context.mark.line, column: context.mark.column))
        case .reader(let problem, _, _, _):
            faults.add("not YAML: \(problem)", at: .start)
        default:
            faults.add("not YAML: \(error)", at: .start)
        }
    }
}
