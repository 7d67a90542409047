import Testing

struct SizeRulesTests {
    private func swift(_ text: String) -> SourceFile {
        SourceFile(path: "Sources/HTTP/Sample.swift", text: text)
    }

    private func lines(_ count: Int) -> String {
        String(repeating: "x\n", count: count)
    }

    @Test func `a file of 500 lines passes and one of 501 does not`() {
        #expect(SizeRules.fileLength(swift(lines(500))).isEmpty)
        #expect(SizeRules.fileLength(swift(lines(501))).map(\.line) == [501])
    }

    @Test func `a line of 100 characters passes and one of 101 does not`() {
        let longest = String(repeating: "é", count: 100)
        #expect(SizeRules.lineLengths(swift(longest)).isEmpty)
        #expect(SizeRules.lineLengths(swift("\n" + longest + "x")).map(\.line) == [2])
    }

    @Test(arguments: [
        "func f() {\n", "init(a: Int) {\n", "deinit {\n", "subscript(i: Int) -> Int {\n",
        "var a: Int {\n", "func f(_ g: () -> Void = { }) throws -> [Int]\nwhere T: A {\n",
        "func == (a: A, b: A) -> Bool {\n",
    ])
    func `a body that is too long is found`(opening: String) {
        let body = lines(SizeRules.functionLines)
        #expect(SizeRules.functionLengths(swift(opening + body + "}")).count == 1)
    }

    @Test(arguments: [
        "self.init {\n", "var a = {\n", "let a: Int\n{\n", "struct S {\n",
    ])
    func `what is no function may be longer`(opening: String) {
        let body = lines(SizeRules.functionLines)
        #expect(SizeRules.functionLengths(swift(opening + body + "}")).isEmpty)
    }

    @Test func `a function of 60 lines passes and one of 61 does not`() {
        #expect(SizeRules.functionLengths(swift("func f() {\n\(lines(58))}")).isEmpty)
        #expect(SizeRules.functionLengths(swift("func f() {\n\(lines(59))}")).count == 1)
    }

    @Test func `a requirement without a body does not take the next one's`() {
        let code = "protocol P {\n    func f()\n    var a: Int { get }\n}\n"
        let functions = FunctionScan.functions(in: Lexer.tokens(of: code))
        #expect(functions == [.init(name: "a", line: 3, lineCount: 1)])
    }

    @Test func `a local variable does not take the next statement's braces`() {
        let code = "func f() {\n    var a: Int\n    if b {\n    }\n}\n"
        let functions = FunctionScan.functions(in: Lexer.tokens(of: code))
        #expect(functions.map(\.name) == ["f"])
    }

    @Test func `braces in strings and comments do not count`() {
        let code = "func f() {\n    a(\"}\") // }\n}\nfunc g() {}\n"
        let functions = FunctionScan.functions(in: Lexer.tokens(of: code))
        #expect(functions.map(\.lineCount) == [3, 1])
    }
}
