import Testing

@testable import Settings

/// The word that was probably meant.
struct NearestWordTests {
    @Test(arguments: [
        ("kong", "kong", 0), ("kogn", "kong", 1), ("kng", "kong", 1), ("konng", "kong", 1),
        ("king", "kong", 1), ("gnok", "kong", 3), ("", "kong", 4), ("ab", "ba", 1),
        ("abc", "ca", 3),
    ])
    func `edits are counted`(first: String, second: String, edits: Int) {
        #expect(NearestWord.edits(from: first, to: second) == edits)
        #expect(NearestWord.edits(from: second, to: first) == edits)
    }

    @Test(arguments: [
        ("listners", "listeners"), ("wegihts", "weights"), ("x", nil), ("a", nil),
        ("weights_fiel", "weights_file"), ("completely different", nil),
    ])
    func `only a near word is suggested`(text: String, word: String?) {
        let words = ["listeners", "weights", "weights_file"]
        #expect(NearestWord.of(text, among: words) == word)
    }

    @Test func `of many names the first are listed and none is suggested`() {
        let names = (0...20).map { "x\($0)" }
        let advice = NearestWord.advice("x21", among: names)
        #expect(advice == "expected \(names.dropLast().joined(separator: ", ")), …")
        #expect(NearestWord.advice("x21", among: names.dropLast()) == "did you mean `x1`?")
        #expect(NearestWord.advice("other", among: ["x", "y"]) == "expected x, y")
    }
}
