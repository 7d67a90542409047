import Testing

/// The table of HTTP's rules names a test for each of them.
struct RuleTableTests {
    @Test func `every test that the table of rules names is there`() throws {
        let text = try #require(Repository.read("docs/http1.md")).text
        let named = text.matches(of: /`(\w+\.swift)`[:,]\s+`([^`]+)`/)
        #expect(named.count > 50)
        for match in named {
            let (file, test) = (match.output.1, match.output.2)
            let isThere = Repository.files.contains {
                $0.isTest && $0.name == file && $0.text.contains("func `\(test)`")
            }
            #expect(isThere, "\(file) has no test \(test)")
        }
    }
}
