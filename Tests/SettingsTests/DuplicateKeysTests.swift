import Testing

@testable import Settings

/// Keys that are written more than once: every place is named, whatever else is in the file.
struct DuplicateKeysTests {
    private func faults(_ text: String) -> [String] {
        var faults = FaultList(file: "f")
        _ = YAMLDocument(Array(text.utf8), emptyMeans: "something", faults: &faults)
        return faults.sorted.map { "\($0.line):\($0.column) \($0.message.prefix { $0 != ";" })" }
    }

    private static func again(_ name: String, _ place: String, first: String) -> String {
        "\(place) `\(name)` is written more than once, first at \(first)"
    }

    @Test(arguments: [
        ("a: 1\na: 2\n", [again("a", "2:1", first: "1:1")]),
        (
            "a: 1\nb: 2\na: 3\nb: 4\na: 5\n",
            [
                again("a", "3:1", first: "1:1"), again("b", "4:1", first: "2:1"),
                again("a", "5:1", first: "1:1"),
            ]
        ),
        (
            "é😀: {a: 1, a: 2}\nk: {é: 1, \"é\": 2}\n",
            [
                again("a", "1:12", first: "1:6"), again("é", "2:11", first: "2:5"),
            ]
        ),
        ("# a: 1\r\na: \"a: 2\"\r\n\r\na: 3\r\n", [again("a", "4:1", first: "2:1")]),
        ("a: [{b: 1}, {b: 1}]\nc: {b: 1}\nb: 2\n", []),
        (
            "- {k: 1, k: 2}\n- {k: 1, k: 2}\n",
            [
                again("k", "1:10", first: "1:4"), again("k", "2:10", first: "2:4"),
            ]
        ),
        ("'': 1\n'': 2\n", ["1:1 `` is written more than once"]),
        // What comes behind is no YAML: nobody knows the other place.
        (
            "a: 1\na: 2\nb: [\n",
            [
                "4:1 not YAML: did not find expected node content while parsing a "
                    + "flow node that begins at 4:1"
            ]
        ),
    ])
    func `each place is named`(text: String, expected: [String]) {
        #expect(faults(text) == expected)
    }

    @Test func `of very many the names are told, and where the first begins`() {
        let text = (0..<100).flatMap { number in (0..<3).map { _ in "k\(number): 1\n" } }.joined()
        let found = faults(text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("1:1 `k0`, `k1`, `k10`") == true, "\(found)")
    }
}
