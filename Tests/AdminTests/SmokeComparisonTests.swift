import Admin
import Settings
import Testing

/// Two answers to one request: what must be alike, and what may differ.
@Suite struct SmokeComparisonTests {
    private func json(_ text: String) -> SmokeAnswer {
        SmokeAnswer(status: 200, body: Array(text.utf8))
    }

    @Test(arguments: [
        ("{}", "{}", []), (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#, []),
        (#"{"a":1}"#, #"{"a":1.0}"#, []), (#"{"a":1}"#, #"{"a":2}"#, ["a: 1, 2"]),
        (#"{"a":1}"#, #"{"a":"1"}"#, [#"a: 1, "1""#]),
        (#"{"a":1}"#, "{}", ["a: only at the old side"]),
        ("{}", #"{"a":1}"#, ["a: only at the new side"]),
        ("[1,2]", "[1]", ["the JSON: 2 elements, 1"]),
        (#"{"l":[{"v":1}]}"#, #"{"l":[{"v":2}]}"#, ["l.0.v: 1, 2"]),
        (#"{"a":{}}"#, #"{"a":[]}"#, ["a: an object, an array"]),
        ("{", "{}", ["the old side's body is no JSON"]),
        ("{}", "", ["the new side's body is no JSON"]), ("", "x", ["both bodies are no JSON"]),
        (#"{"now":1,"l":[{"id":1,"v":3}]}"#, #"{"now":2,"l":[{"id":2,"v":3}]}"#, []),
        (#"{"l":[{"id":1}]}"#, #"{"l":[{}]}"#, []),
    ])
    func `bodies as JSON`(x: String, y: String, expected: [String]) {
        let comparison = SmokeRequest.Comparison(
            json: true, ignoredPaths: [["now"], ["l", "*", "id"]])
        #expect(SmokeComparison.differences(json(x), json(y), by: comparison) == expected)
    }

    @Test func `statuses and fields`() {
        let x = SmokeAnswer(
            status: 200, fields: [("Content-Type", "a"), ("Set-Cookie", "1"), ("X", "1")])
        let y = SmokeAnswer(status: 404, fields: [("content-type", "a"), ("x", "2")])
        let all = SmokeRequest.Comparison(fields: ["content-type", "set-cookie", "none"])
        #expect(
            SmokeComparison.differences(x, y, by: all)
                == ["status 200, 404", "set-cookie: 1, not there"])
        let none = SmokeRequest.Comparison(status: false)
        #expect(SmokeComparison.differences(x, y, by: none) == [])
    }

    @Test func `many and long differences are cut short`() {
        let long = String(repeating: "v", count: 500)
        let members = (0..<50).map { "\"k\($0)\":\"\(long)\"" }.joined(separator: ",")
        let differences = SmokeComparison.differences(
            json("{\(members)}"), json("{\(members.replacing("v", with: "w"))}"),
            by: .init(json: true))
        #expect(differences.count == 20 && differences.allSatisfy { $0.utf8.count < 200 })
    }
}
