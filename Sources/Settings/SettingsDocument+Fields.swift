import Yams

extension SettingsDocument {
    /// The fields of a mapping with fixed keys, by name; nil when it is no mapping. A mistyped
    /// key is a fault, but what stands behind it is read as what was probably meant.
    mutating func fields(of node: Node, keys: KeyTable) -> [String: Field]? {
        let example = keys.example.map { ", such as \($0)" } ?? ""
        let expected = "a mapping of \(keys.known.joined(separator: ", "))\(example)"
        guard let entries = faults.entries(of: node, owner: keys.owner, expected: expected) else {
            return nil
        }
        let names = Set(entries.map(\.name))
        var fields: [String: Field] = [:]
        for entry in entries {
            let meant = keys.meant(by: entry.name)
            if !keys.known.contains(entry.name) {
                faults.add(keys.complaint(about: entry.name), at: entry.key)
            }
            if let meant, meant == entry.name || !names.contains(meant) {
                fields[meant] = entry
            }
        }
        return fields
    }

    /// The entries of a section whose keys are names that the user gives.
    mutating func namedEntries(_ section: Field?, of root: Node, what: Named) -> [Field]? {
        guard let section else {
            faults.add("`\(what.section)` is missing; expected at least \(what.one)", at: root)
            return nil
        }
        let expected = "a mapping of names to \(what.section)"
        let entries = faults.entries(
            of: section.value, owner: what.section, expected: expected)
        guard let entries else { return nil }
        guard (1...what.limit).contains(entries.count) else {
            faults.add(
                "there are \(entries.count) \(what.section); expected 1 to \(what.limit)",
                at: section.key)
            return nil
        }
        for entry in entries where !Self.isName(entry.name) {
            faults.add(
                "\(quoted(entry.name)) is not a name; expected up to \(Limits.nameBytes) "
                    + "letters, digits, `_`, `-`, `.`, the first a letter, a digit or `_`",
                at: entry.key)
        }
        return entries
    }

    /// The value of a field that must be there; `expected`: what it is, where its name says little.
    mutating func required(
        _ name: String,
        of fields: [String: Field],
        owner: String,
        at place: Node,
        expected: String? = nil
    ) -> Field? {
        if let field = fields[name] { return field }
        let end = expected.map { "; expected \($0)" } ?? ""
        faults.add("`\(name)` of \(owner) is missing\(end)", at: place)
        return nil
    }

    /// Names become metric labels, parts of addresses and arguments of commands.
    static func isName(_ text: String) -> Bool {
        guard (1...Limits.nameBytes).contains(text.utf8.count), let first = text.utf8.first,
            first != UInt8(ascii: "-"), first != UInt8(ascii: ".")
        else { return false }
        return text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
    }
}

/// A section of sluice.yaml whose keys are names.
struct Named {
    let section: String
    let one: String
    let limit: Int

    static let listeners = Named(
        section: "listeners", one: "one listener", limit: Limits.listeners)
    static let upstreams = Named(
        section: "upstreams", one: "one upstream", limit: Limits.upstreams)
    static let splits = Named(section: "splits", one: "one split", limit: Limits.splits)
}
