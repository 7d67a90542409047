/// A file as the rules see it: its path from the root, its lines and, for Swift, its tokens.
struct SourceFile {
    let path: String
    let text: String
    let lines: [Substring]
    let tokens: [Token]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        tokens = path.hasSuffix(".swift") ? Lexer.tokens(of: text) : []
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// The target's folder: `Kernel` for Sources/Kernel/Socket.swift; nil outside Sources.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The last part of the path.
    var name: Substring { path.split(separator: "/").last ?? "" }

    /// A trailing newline ends the last line: it does not begin another one.
    var lineCount: Int { lines.last == "" ? lines.count - 1 : lines.count }
}
