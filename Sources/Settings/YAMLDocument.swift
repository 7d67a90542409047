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
            let hint = hint(
                problem, beganAt: context?.mark.column, line: mark.line, in: source)
            faults.add(
                "not YAML: \(problem)\(doing)\(hint)",
                at: Position(line: mark.line, column: mark.column))
        case .composer(_, let problem, let mark, _):
            let message =
                problem == "but found another document"
                ? "a second document begins; expected one document in the file" : problem
            faults.add(message, at: Position(line: mark.line, column: mark.column))
        case .duplicatedKeysInMapping(let names, let context):
            let findings = DuplicateKeys.findings(in: source, error)
            for finding in findings {
                faults.add(duplicate: finding.name, finding.first, at: finding.again)
            }
            guard findings.isEmpty else { return }
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

    /// What was expected in the place of what the parser does not like; it says what it found.
    private static func hint(
        _ problem: String, beganAt column: Int?, line: Int, in source: SourceText
    ) -> String {
        let column = column.map(String.init) ?? "1"
        if source.line(line, contains: "]:") {
            return "; expected quotes around an address in brackets"
        }
        if source.line(line, contains: "${") {
            return "; expected quotes around ${...} within brackets or braces"
        }
        switch problem {
        case "found character that cannot start any token":
            return source.line(line, contains: "\t") ? "; expected spaces instead of the tab" : ""
        case "did not find expected '-' indicator":
            return "; expected `-` in column \(column) for the next entry of that list, or what "
                + "belongs to an entry in the column of its first key"
        case "did not find expected key":
            return "; expected the next key of that mapping in column \(column)"
        case "block sequence entries are not allowed in this context":
            return "; expected the first `-` of the list on a line of its own"
        case "mapping values are not allowed in this context":
            return "; expected one `key: value` in a line: there may be a colon too many, or one "
                + "too few in the line before"
        default:
            return ""
        }
    }
}
