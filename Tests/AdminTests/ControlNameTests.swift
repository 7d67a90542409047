import Testing

@testable import Admin

/// Names as they stand in paths, and what is told of requests that were turned away.
@Suite struct ControlNameTests {
    @Test(arguments: ["kong", "a b", "a/b%", "日本", "..", "x\u{1b}"])
    func `a name comes back as it was`(name: String) {
        #expect(ControlContext.unescaped(SocketCommands.escaped(name)) == name)
    }

    @Test(arguments: ["%", "%4", "%zz", "%ff", "a%C3"])
    func `what is no escaped text is none`(text: String) {
        #expect(ControlContext.unescaped(text) == nil)
    }

    @Test(
        arguments: [
            ("/v1/status", nil), ("http://a.test/x", "a.test"), ("http://a.test:80", "a.test:80"),
            ("HTTPS://u@b?x", "u@b"), ("/x?y=http://c", nil), ("*", nil), ("a.test:443", nil),
        ] as [(String, String?)])
    func `the host of a whole address is found`(target: String, host: String?) {
        #expect(ControlHead.host(of: target) == host)
    }

    @Test func `reads are not called changes`() {
        let tokens = AdminTokens()
        #expect(tokens.takeUntoldRefusals().text == nil)
        tokens.countRefusal(ofReading: true)
        #expect(tokens.takeUntoldRefusals().text == "1 read refused without a right token")
        for isReading in [false, true, false, true] { tokens.countRefusal(ofReading: isReading) }
        #expect(
            tokens.takeUntoldRefusals().text
                == "2 changes and 2 reads refused without a right token")
        #expect(tokens.refusals == 5)
    }
}
