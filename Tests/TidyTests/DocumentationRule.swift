/// Every `package` declaration says in a `///` comment what it is. An initialiser that cannot
/// fail only fills its type's properties, and their comments speak for it.
enum DocumentationRule {
    static func findings(in file: SourceFile) -> [Finding] {
        guard file.target != nil else { return [] }
        return file.tokens.indices.compactMap { index in
            guard isDeclaration(file.tokens, at: index) else { return nil }
            let line = file.tokens[index].line
            guard !isDocumented(file, line: line) else { return nil }
            let what = "a package declaration without a /// comment"
            return Finding(path: file.path, line: line, what: what)
        }
    }

    private static func isDeclaration(_ tokens: [Token], at index: Int) -> Bool {
        guard tokens[index].text == "package", index + 1 < tokens.count else { return false }
        if ["import", ".", "(", ":", ",", "="].contains(tokens[index + 1].text) { return false }
        if isPlainInitialiser(tokens[(index + 1)...]) { return false }
        let line = tokens[index].line
        let before = tokens[..<index].reversed().prefix { $0.line == line }
        return before.isEmpty || before.last?.text.hasPrefix("@") == true
    }

    private static func isPlainInitialiser(_ tokens: ArraySlice<Token>) -> Bool {
        guard tokens.prefix(2).map(\.text) == ["init", "("] else { return false }
        return !tokens.prefix { $0.text != "{" }.contains { $0.text == "throws" }
    }

    /// Looks above the declaration, past its attributes and past properties right above it: a
    /// group of properties may share one comment.
    private static func isDocumented(_ file: SourceFile, line: Int) -> Bool {
        for above in file.lines[..<(line - 1)].reversed() {
            let text = above.drop { $0 == " " }
            if text.hasPrefix("@") || text.hasPrefix("#if") || isProperty(text) { continue }
            return text.hasPrefix("///")
        }
        return false
    }

    private static func isProperty(_ line: Substring) -> Bool {
        let words = line.split(separator: " ").prefix(4)
        return words.first == "package" && (words.contains("let") || words.contains("var"))
    }
}
