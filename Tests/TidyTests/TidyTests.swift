import Testing

/// The project's own files keep the rules.
struct TidyTests {
    @Test func `there are files to read`() {
        #expect(Repository.files.contains { $0.path == "Package.swift" })
        #expect(Repository.files.contains { $0.target == "Kernel" })
        #expect(Repository.files.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
    }

    @Test func `files, functions and lines are short`() {
        expectNone(SizeRules.findings)
    }

    @Test func `targets import only what their row allows`() {
        expectNone(ImportRules.findings)
    }

    @Test func `unsafe memory stays inside the fences`() {
        expectNone(UnsafeRule.findings)
    }

    @Test func `banned calls are not made`() {
        expectNone(BannedRule.findings)
    }

    @Test func `package declarations are documented`() {
        expectNone(DocumentationRule.findings)
    }

    @Test func `files are named after what they hold`() {
        expectNone(NameRule.findings)
    }

    @Test func `nothing is left to do in the text`() {
        expectNone(LeftoverRule.findings)
    }

    @Test func `the README fits on a few screens`() throws {
        guard Repository.exists("README.md") else { return }
        let readme = try #require(Repository.read("README.md"))
        #expect(readme.lineCount <= 160)
    }

    private func expectNone(
        _ rule: (SourceFile) -> [Finding], at location: SourceLocation = #_sourceLocation
    ) {
        for finding in Repository.files.flatMap(rule) {
            Issue.record(Comment(rawValue: finding.description), sourceLocation: location)
        }
    }
}
