import Admin
import Testing

@Suite struct ChangeBodyTests {
    @Test func `numbers keep their text`() throws {
        let body = try ChangeBody.split(
            "kong", Array(#"{"weights": {"x": 66.67, "y": 33.333}, "reason": "step 3"}"#.utf8))
        #expect(body.weights == ["kong": ["x": "66.67", "y": "33.333"]])
        #expect(body.reason == "step 3")
    }

    @Test func `several splits change at once, one of them named reason`() throws {
        let text = #"{"a": {"weights": {"x": 1}}, "reason": {"weights": {"y": 2}}}"#
        let body = try ChangeBody.splits(Array(text.utf8))
        #expect(body.weights == ["a": ["x": "1"], "reason": ["y": "2"]])
        let said = try ChangeBody.splits(Array(#"{"a":{"weights":{}},"reason":"r"}"#.utf8))
        #expect(said.reason == "r")
    }

    @Test(arguments: [
        ("", "no JSON"), ("[]", "the body is an array; expected an object"),
        ("{}", "`weights` is missing"), (#"{"weights": 1}"#, "`weights` is a number"),
        (#"{"weights": {"x": "1"}}"#, "`x` of `weights` is a string; expected a number"),
        (#"{"weights": {"x": null}}"#, "`x` of `weights` is null"),
        (#"{"weights": {"x": 1}, "why": ""}"#, "`why` is not a field of the body"),
        (#"{"weights": {"x": 1}, "reason": 1}"#, "`reason` is a number; expected a string"),
        (#"{"weights": {"x": 1, "x": 2}}"#, "is there twice"),
    ])
    func `a bad body names its field`(text: String, reason: String) throws {
        let refusal = #expect(throws: Refusal.self) {
            try ChangeBody.split("kong", Array(text.utf8))
        }
        #expect(refusal?.status == 400)
        #expect(refusal?.message.contains(reason) == true, "\(String(describing: refusal))")
    }

    @Test func `a reason has a limit`() throws {
        let text = "{\"reason\": \"\(String(repeating: "a", count: 1_001))\"}"
        #expect(throws: Refusal.self) { try ChangeBody.reason(Array(text.utf8)) }
        #expect(try ChangeBody.reason([]) == "")
    }
}
