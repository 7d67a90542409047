/// Finds the word that was probably meant.
enum NearestWord {
    /// The first of the words with the fewest edits, if those are few for its length.
    static func of(_ text: String, among words: [String]) -> String? {
        let length = text.count
        var nearest: (word: String, edits: Int)?
        for word in words {
            let allowed = max(1, word.count / 3)
            guard abs(word.count - length) <= allowed else { continue }
            let edits = edits(from: text, to: word)
            if edits <= allowed, edits < nearest?.edits ?? Int.max { nearest = (word, edits) }
        }
        return nearest?.word
    }

    /// What to say about a name that does not exist: the one that was meant, or those there are.
    static func advice(_ name: String, among names: [String]) -> String {
        if names.count <= Limits.namesInErrors, let nearest = of(name, among: names) {
            return "did you mean `\(nearest)`?"
        }
        return "expected \(listed(names))"
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    static func edits(from first: String, to second: String) -> Int {
        let first = Array(first)
        let second = Array(second)
        var rows = [Array(0...second.count)]
        for row in 0..<first.count {
            var current = [row + 1]
            for column in 0..<second.count {
                let replaced = rows[row][column] + (first[row] == second[column] ? 0 : 1)
                var best = min(replaced, rows[row][column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1],
                    first[row - 1] == second[column]
                {
                    best = min(best, rows[row - 1][column - 1] + 1)
                }
                current.append(best)
            }
            rows.append(current)
        }
        return rows[first.count][second.count]
    }
}
