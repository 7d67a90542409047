import Yams

/// Keys that are written more than once in one mapping. The parser refuses them, and tells of the
/// first place only.
struct DuplicateKeys {
    /// A key, where it stood first, and where it stands again.
    struct Finding: Equatable {
        let name: String
        let first: Position
        let again: Position
    }

    /// Each costs a reading of the text; nobody writes more of them by mistake.
    private static let most = 8
    /// Characters that no configuration begins a key with.
    private static let firstStamp: UInt32 = 0xe000

    private let source: SourceText
    private var scalars: [Unicode.Scalar]
    /// The names of keys that were given another first letter, by what they are now.
    private var names: [String: String] = [:]

    /// Where the keys stand that the parser has refused; empty where that cannot be found out.
    static func findings(in source: SourceText, _ refusal: YamlError) -> [Finding] {
        var keys = DuplicateKeys(source)
        var refusal = refusal
        for number in 0..<UInt32(most) {
            guard keys.stamp(refusal, number) else { return [] }
            do {
                guard let root = try keys.compose() else { return [] }
                return keys.walk(root)
            } catch {
                guard let next = error as? YamlError else { return [] }
                refusal = next
            }
        }
        return []
    }

    private init(_ source: SourceText) {
        self.source = source
        scalars = Array(source.text.unicodeScalars)
    }

    /// Tells the first of a refused key's places apart from the others; false where the refusal is
    /// of another kind.
    private mutating func stamp(_ refusal: YamlError, _ number: UInt32) -> Bool {
        guard case .duplicatedKeysInMapping(let refused, let context) = refusal,
            let name = refused.first, let first = name.unicodeScalars.first,
            let stamp = Unicode.Scalar(Self.firstStamp + number),
            let offset = source.offset(
                of: Position(line: context.mark.line, column: context.mark.column))
        else { return false }
        let text = source.text
        let start = text.utf8.index(text.startIndex, offsetBy: offset)
        var place = text.unicodeScalars.distance(from: text.startIndex, to: start)
        if place < scalars.count, ["\"", "'"].contains(scalars[place]) { place += 1 }
        guard place < scalars.count, scalars[place] == first else { return false }
        scalars[place] = stamp
        names[String(stamp) + String(name.unicodeScalars.dropFirst())] = name
        return true
    }

    private func compose() throws -> Node? {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return try Parser(yaml: String(text), encoding: .utf8).singleRoot()
    }

    private func walk(_ node: Node) -> [Finding] {
        switch node {
        case .scalar, .alias: return []
        case .sequence(let nodes): return nodes.flatMap(walk)
        case .mapping(let mapping):
            var findings: [Finding] = []
            var seen: [String: Position] = [:]
            for (key, value) in mapping {
                if let text = key.scalar?.string {
                    let name = names[text] ?? text
                    if let first = seen[name] {
                        findings.append(
                            Finding(name: name, first: first, again: key.position))
                    } else {
                        seen[name] = key.position
                    }
                }
                findings += walk(value)
            }
            return findings
        }
    }
}
