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
        var seen: Set<String> = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                add("a key of \(owner) is \(key.found); expected a name", at: key)
                continue
            }
            if seen.insert(name).inserted {
                entries.append(Field(name: name, key: key, value: value))
            } else {
                add("\(quoted(name)) is written more than once; expected it once", at: key)
            }
        }
        return entries
    }
}
