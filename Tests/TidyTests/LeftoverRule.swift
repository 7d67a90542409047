/// What is left to do belongs into the issues, not into the text.
enum LeftoverRule {
    // In two halves, so that this file does not break its own rule.
    static let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

    static func findings(in file: SourceFile) -> [Finding] {
        guard words.contains(where: file.text.contains) else { return [] }
        return file.lines.indices.flatMap { index in
            leftovers(in: file.lines[index]).map { word in
                Finding(path: file.path, line: index + 1, what: "\(word) is left in the text")
            }
        }
    }

    /// Whole words only: a name of a temporary file may end in many of one letter.
    private static func leftovers(in line: Substring) -> [String] {
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            .map(String.init)
            .filter(words.contains)
    }
}
