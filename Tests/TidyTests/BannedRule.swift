/// Words that may not appear, each with what to write instead.
struct BannedRule {
    /// Where a word is banned.
    enum Place {
        case everywhere, sources, dataPlane, tests, buildFiles
    }

    /// The tokens in their order, with nothing between them: `try !isEmpty` is no `try!`.
    let words: [String]
    let place: Place
    /// What may stand there all the same; the build file's lines are looked at for it.
    var except: String?
    let instead: String

    static let all = [
        BannedRule(words: ["try", "!"], place: .everywhere, instead: "do and catch, or #require"),
        BannedRule(words: ["as", "!"], place: .everywhere, instead: "as? with a guard"),
        BannedRule(words: ["fatalError"], place: .sources, instead: "a typed error"),
        BannedRule(words: ["print", "("], place: .dataPlane, instead: "a counter or an event"),
        BannedRule(words: ["debugPrint", "("], place: .sources, instead: "the log"),
        BannedRule(words: ["Thread", ".", "sleep"], place: .everywhere, instead: waiting),
        BannedRule(words: ["usleep", "("], place: .everywhere, instead: waiting),
        BannedRule(words: ["sleep", "("], place: .tests, instead: waiting),
        BannedRule(words: ["nanosleep", "("], place: .tests, instead: waiting),
        BannedRule(words: ["DispatchQueue"], place: .everywhere, instead: "a worker or a task"),
        BannedRule(words: ["DispatchSemaphore"], place: .everywhere, instead: "a continuation"),
        BannedRule(words: ["Ounchecked"], place: .buildFiles, instead: "-O: it gains nothing"),
        BannedRule(
            words: ["unsafeFlags"], place: .buildFiles, except: #"(["-O"], .when("#,
            instead: "the settings' own names"),
    ]

    private static let waiting = "a condition with a deadline"
    private static let controlPlane: Set = ["Admin", "sluice"]

    static func findings(in file: SourceFile) -> [Finding] {
        all.filter { $0.applies(to: file) }.flatMap { $0.findings(in: file) }
    }

    func applies(to file: SourceFile) -> Bool {
        switch place {
        case .everywhere: file.isSwift
        case .sources: file.target != nil
        case .dataPlane: file.target.map { !Self.controlPlane.contains($0) } ?? false
        case .tests: file.isTest
        case .buildFiles: file.path == "Package.swift" || file.path == "Makefile"
        }
    }

    func findings(in file: SourceFile) -> [Finding] {
        lines(of: file).map { line in
            let what = "\(words.joined()) is banned: \(instead)"
            return Finding(path: file.path, line: line, what: what)
        }
    }

    private func lines(of file: SourceFile) -> [Int] {
        // What a build file says counts inside its strings too.
        if place == .buildFiles {
            let word = words.joined()
            let lines = file.lines.indices.filter { file.lines[$0].contains(word) }
            return lines.filter { line in
                except.map { !file.lines[line].contains(word + $0) } ?? true
            }.map { $0 + 1 }
        }
        let tokens = file.tokens
        return tokens.indices.compactMap { index in
            let candidate = tokens[index...].prefix(words.count)
            guard candidate.map(\.text) == words, candidate.dropFirst().allSatisfy(\.isAttached)
            else { return nil }
            // A member or a declaration of that name is another function.
            let before = index > 0 ? tokens[index - 1].text : ""
            return before == "." || before == "func" ? nil : tokens[index].line
        }
    }
}
