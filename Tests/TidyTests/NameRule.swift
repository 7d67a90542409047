/// A file that holds one type is named after it, `Type.swift` or `Type+Topic.swift`; one that
/// holds several small things is named after what they share.
enum NameRule {
    static func findings(in file: SourceFile) -> [Finding] {
        guard file.isSwift, file.target != nil || file.isTest else { return [] }
        let parts = file.name.dropLast(".swift".count).split(
            separator: "+", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy(isUpperCamelCase) else {
            return [finding(file, "a file is named Type.swift or Type+Topic.swift")]
        }
        // A file of tests may hold nothing but functions.
        let types = Set(topLevelTypes(in: file.tokens))
        guard !file.isTest, types.count == 1, let type = types.first, type != parts[0] else {
            return []
        }
        return [finding(file, "the file holds \(type): name it \(type).swift")]
    }

    private static func finding(_ file: SourceFile, _ what: String) -> Finding {
        Finding(path: file.path, line: 1, what: what)
    }

    private static func isUpperCamelCase(_ word: Substring) -> Bool {
        guard let first = word.first, first.isUppercase else { return false }
        return word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    private static let kinds: Set = [
        "actor", "class", "enum", "extension", "protocol", "struct", "typealias",
    ]

    /// The names declared or extended outside all braces; the last part of `Outer.Type`.
    private static func topLevelTypes(in tokens: [Token]) -> [String] {
        var depth = 0
        var names: [String] = []
        for index in tokens.indices.dropLast() {
            if tokens[index].text == "{" { depth += 1 }
            if tokens[index].text == "}" { depth -= 1 }
            guard depth == 0, kinds.contains(tokens[index].text) else { continue }
            var last = index + 1
            while last + 2 < tokens.count, tokens[last + 1].text == "." { last += 2 }
            names.append(tokens[last].text)
        }
        return names
    }
}
