/// Finds the bodies of functions, initialisers, subscripts and computed properties.
enum FunctionScan {
    struct Function: Equatable {
        let name: String
        let line: Int
        /// From the line of the declaration's word to the line of the closing brace.
        let lineCount: Int
    }

    static func functions(in tokens: [Token]) -> [Function] {
        tokens.indices.compactMap { index in
            guard isDeclaration(tokens, at: index),
                let opening = bodyStart(tokens, after: index),
                let closing = matchingBrace(tokens, opening: opening)
            else { return nil }
            let line = tokens[index].line
            let name = ["func", "var"].contains(tokens[index].text) ? index + 1 : index
            return Function(
                name: tokens[name].text, line: line, lineCount: tokens[closing].line - line + 1)
        }
    }

    private static let words: Set = ["func", "init", "deinit", "subscript", "var"]

    private static func isDeclaration(_ tokens: [Token], at index: Int) -> Bool {
        guard words.contains(tokens[index].text) else { return false }
        // `Type.init` and `self.init(...)` are uses.
        return index == 0 || tokens[index - 1].text != "."
    }

    /// The brace that opens the body; nil where there is none, as in a protocol.
    private static func bodyStart(_ tokens: [Token], after index: Int) -> Int? {
        let isProperty = tokens[index].text == "var"
        var depth = 0
        for next in tokens.indices.dropFirst(index + 1) {
            let token = tokens[next]
            switch token.text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return next
            case "}" where depth == 0: return nil
            case "=" where depth == 0 && isProperty: return nil
            default:
                guard depth == 0, token.startsLine else { continue }
                if isProperty || startsDeclaration(token.text) { return nil }
            }
            if depth < 0 { return nil }
        }
        return nil
    }

    private static func startsDeclaration(_ word: String) -> Bool {
        word.hasPrefix("@") || word.hasPrefix("#") || declarationWords.contains(word)
    }

    private static let declarationWords: Set = [
        "associatedtype", "case", "class", "consuming", "borrowing", "deinit", "enum", "extension",
        "fileprivate", "final", "func", "import", "indirect", "init", "internal", "let", "mutating",
        "package", "private", "protocol", "public", "static", "struct", "subscript", "typealias",
        "var",
    ]

    private static func matchingBrace(_ tokens: [Token], opening: Int) -> Int? {
        var depth = 0
        for index in tokens.indices.dropFirst(opening) {
            if tokens[index].text == "{" { depth += 1 }
            if tokens[index].text == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}
