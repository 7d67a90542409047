import Testing

struct LexerTests {
    @Test(arguments: [
        ("let a = 1", ["let", "a", "=", "1"]),
        ("a // b { \" c", ["a"]),
        ("a /* { /* } */ { */ b", ["a", "b"]),
        (#"a = "{ \" }" + b"#, ["a", "=", "+", "b"]),
        (#"a("\(b { "}" }) {")"#, ["a", "(", "(", "b", "{", "}", ")", ")"]),
        (##"a(#"\(b) " {"#)"##, ["a", "(", ")"]),
        (##"a(#"\#(b)"#)"##, ["a", "(", "(", "b", ")", ")"]),
        ("a\n\"\"\"\n{ \" }\n\"\"\"\nb", ["a", "b"]),
        ("func `a { name`() {}", ["func", "`a { name`", "(", ")", "{", "}"]),
        ("@Test #expect(x)", ["@Test", "#expect", "(", "x", ")"]),
        ("try! a as! B", ["try", "!", "a", "as", "!", "B"]),
        ("\"an unterminated string {\n}", ["}"]),
        ("/* an unterminated comment {", []),
        ("`unterminated", ["`unterminated"]),
        ("", []),
    ])
    func `code becomes words and symbols`(code: String, expected: [String]) {
        #expect(Lexer.tokens(of: code).map(\.text) == expected)
    }

    @Test func `tokens know their lines`() {
        let code = "a\n/* \n */ b c\n\"\"\"\n\n\"\"\"\nd"
        let tokens = Lexer.tokens(of: code)
        #expect(tokens.map(\.line) == [1, 3, 3, 7])
        #expect(tokens.map(\.startsLine) == [true, true, false, true])
    }

    @Test func `every beginning of a source file can be read`() throws {
        let text = try #require(Repository.read("Tests/TidyTests/LexerTests.swift")).text
        for end in text.indices.prefix(400) {
            _ = Lexer.tokens(of: String(text[..<end]))
        }
    }
}
