import Yams

/// One key of a mapping and what stands behind it.
struct Field {
    let name: String
    let key: Node
    let value: Node
}

extension FaultList {
    /// The entries of any mapping, keys as written; a key that is written twice is a fault.
    mutating func entries(of node: Node, owner: String, expected: String) -> [Field]? {
        guard case .mapping(let mapping) = node else {
            add("\(owner) is \(node.found); expected \(expected)", at: node)
            return nil
        }
        var entries: [Field] = []
        var seen: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                add("a key of \(owner) is \(key.found); expected a name", at: key)
                continue
            }
            if let first = seen[name] {
                add(duplicate: name, first.position, at: key.position)
            } else {
                seen[name] = key
                entries.append(Field(name: name, key: key, value: value))
            }
        }
        return entries
    }

    /// A key stands in one mapping for the second time.
    mutating func add(duplicate name: String, _ first: Position, at position: Position) {
        add(
            "\(quoted(name)) is written more than once, first at \(first.line):\(first.column); "
                + "expected it once", at: position)
    }
}
