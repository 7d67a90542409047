import Testing

@testable import HTTP

struct `A field name` {
    @Test(arguments: FieldName.allCases.dropFirst())
    func `is known in any case`(name: FieldName) {
        #expect(lookUp(name.text) == (name, false))
        #expect(lookUp(name.text.uppercased()) == (name, false))
    }

    @Test(arguments: FieldName.allCases.dropFirst())
    func `is unknown with a letter changed, missing or added`(name: FieldName) {
        let letters = Array(name.text)
        for index in letters.indices {
            var changed = letters
            changed[index] = letters[index] == "q" ? "j" : "q"
            #expect(lookUp(String(changed)) == (.other, false))
            changed.remove(at: index)
            #expect(lookUp(String(changed)).0 != name)
        }
        #expect(lookUp(name.text + "s") == (.other, false))
    }

    @Test(arguments: FieldName.allCases.filter { $0.text.contains("-") })
    func `has a lookalike with underscores if it is managed`(name: FieldName) {
        let isManaged = NameSet.managed.contains(NameSet(name))
        let lookalike = name.text.replacing("-", with: "_")
        #expect(lookUp(lookalike) == (isManaged ? name : .other, isManaged))
    }

    /// The same at the end of what has arrived, in the middle of it and behind other bytes, where
    /// names are compared in different ways.
    private func lookUp(_ text: String) -> (FieldName, Bool) {
        let count = text.utf8.count
        let alone = Grammar.shared.lookUp(wire(text).span, 0, count)
        for (before, after) in [("", ": value, long enough"), ("abc", ":"), ("Date: 1", "e-mail-")]
        {
            let start = before.utf8.count
            let result = Grammar.shared.lookUp(
                wire(before + text + after).span, start, start + count)
            #expect(result == alone, "\(before)|\(text)|\(after)")
        }
        return alone
    }
}
