/// How long files, functions and lines may be.
enum SizeRules {
    static let fileLines = 500
    static let functionLines = 60
    static let lineCharacters = 100

    static func findings(in file: SourceFile) -> [Finding] {
        fileLength(file) + lineLengths(file) + functionLengths(file)
    }

    static func fileLength(_ file: SourceFile) -> [Finding] {
        guard file.lineCount > fileLines else { return [] }
        let what = "\(file.lineCount) lines, at most \(fileLines): split the file"
        return [Finding(path: file.path, line: file.lineCount, what: what)]
    }

    static func lineLengths(_ file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            // Counting bytes first: a line of few bytes has few characters.
            guard line.utf8.count > lineCharacters, line.count > lineCharacters else { return nil }
            let what = "\(line.count) characters, at most \(lineCharacters)"
            return Finding(path: file.path, line: index + 1, what: what)
        }
    }

    static func functionLengths(_ file: SourceFile) -> [Finding] {
        FunctionScan.functions(in: file.tokens).compactMap { function in
            guard function.lineCount > functionLines else { return nil }
            let what = "\(function.name): \(function.lineCount) lines, at most \(functionLines)"
            return Finding(path: file.path, line: function.line, what: what)
        }
    }
}
