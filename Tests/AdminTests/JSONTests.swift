import Admin
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        (
            " { \"a\" : [ 1 , 2.50 , -0 , 1e9 ] , \"b\":{} } ",
            "{\"a\": [1, 2.50, -0, 1e9], \"b\": {}}"
        ),
        ("[true,false,null,\"\"]", "[true, false, null, \"\"]"),
        (#""\u00e9\ud83d\ude00\n\t\"\\\/""#, #""é😀\n\t\"\\/""#),
        ("33.330", "33.330"),
    ])
    func `what is read is written again`(text: String, written: String) throws {
        #expect(JSONWriter.text(try JSONReader.read(text.utf8)) == written + "\n")
    }

    @Test(arguments: [
        ("", 1), ("{", 2), ("[1,]", 4), ("{\"a\":1,}", 8), ("{\"a\" 1}", 6), ("{a:1}", 2),
        ("01", 3),
        ("1.", 3), ("+1", 1), (".5", 1), ("1e", 3), ("nan", 1), ("[1 2]", 4), ("1 2", 3),
        ("\"\u{1}\"", 2), ("\"a", 3), (#""\x""#, 4), (#""\ud800""#, 8), (#""\u+123""#, 4),
        ("{\"a\":1,\"a\":2}", 8),
    ])
    func `what is no JSON is refused with its place`(text: String, position: Int) throws {
        let error = #expect(throws: JSONError.self) { try JSONReader.read(text.utf8) }
        #expect(error?.position == position, "\(String(describing: error))")
    }

    @Test func `bytes that are no text are refused`() throws {
        #expect(throws: JSONError.self) { try JSONReader.read([0x22, 0xff, 0x22]) }
    }

    @Test func `nesting is bounded`() throws {
        let deep = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        _ = try JSONReader.read(deep(32).utf8)
        #expect(throws: JSONError.self) { try JSONReader.read(deep(33).utf8) }
        #expect(throws: JSONError.self) {
            try JSONReader.read(String(repeating: "[", count: 100_000).utf8)
        }
    }

    @Test func `long objects take a line for each member`() throws {
        let value = JSONValue.object([
            "text": .string(String(repeating: "a", count: 80)), "number": .number(1),
        ])
        let long = String(repeating: "a", count: 80)
        #expect(JSONWriter.text(value) == "{\n  \"text\": \"\(long)\",\n  \"number\": 1\n}\n")
    }
}
