import Splitting
import Testing

@testable import Settings

/// The weight file: what passes, what is refused, and how new numbers are written into it.
struct WeightsDocumentTests {
    private static let api = SplitSettings(
        name: "api", members: ["on", "12", "y"], weights: [.zero, .zero, weight("1")],
        stable: "on")

    private func parse(
        _ text: String,
        splits: [SplitSettings] = [kong("90", "10")]
    ) throws(SettingsErrors) -> WeightsDocument {
        try WeightsDocument.parse(Array(text.utf8), file: "weights.yaml", splits: splits)
    }

    @Test(arguments: [
        "kong: {x: 75.5, y: 24.5}",
        "kong: {y: 24.5, x: 75.5}\n",
        "\u{feff}kong:\r\n  x: 75.5\r\n  y: 24.5\r\n",
        "{\"kong\": {\"x\": 75.5, 'y': \"24.5\"}}",
        "# weights\n---\nkong: # home\n  y: '24.5' # new\n  x: 75.5\n...\n",
        "? kong\n: {? x : 75.5, ? y : 24.5}\n",
    ])
    func `weights are read in the order of the members`(text: String) throws {
        #expect(try parse(text).weights == ["kong": [weight("75.5"), weight("24.5")]])
    }

    @Test(arguments: [
        ("kong: {x: 90, y: 10}", "kong: {x: 75, y: 25.25}"),
        ("kong: {y: 10,x: 90}", "kong: {y: 25.25,x: 75}"),
        (
            "# 90 to 10\r\nkong: # x: 90\r\n  x: 90 # old\r\n  y: \"10\"\r\n",
            "# 90 to 10\r\nkong: # x: 90\r\n  x: 75 # old\r\n  y: \"25.25\"\r\n"
        ),
        ("\u{feff}kong: {x: '90', y: 10} # é", "\u{feff}kong: {x: '75', y: 25.25} # é"),
        ("{\"kong\":{\"x\":90,\"y\":10.00}}\n\n", "{\"kong\":{\"x\":75,\"y\":25.25}}\n\n"),
        ("# é😀\nkong: { x: 90,\n  y: 10 }\n", "# é😀\nkong: { x: 75,\n  y: 25.25 }\n"),
        ("kong:\r  x: 90\r  y: 10\r", "kong:\r  x: 75\r  y: 25.25\r"),
        ("kong:\u{2028}  x: 90\u{2028}  y: 10", "kong:\u{2028}  x: 75\u{2028}  y: 25.25"),
    ])
    func `only the numbers are replaced`(text: String, expected: String) throws {
        let patched = try parse(text).patched(["kong": [weight("75"), weight("25.25")]])
        #expect(Array(patched.text.utf8) == Array(expected.utf8))
        #expect(patched.weights == ["kong": [weight("75"), weight("25.25")]])
        #expect(patched.hash == TextHash(expected.utf8))
    }

    @Test func `a split that does not change keeps its text`() throws {
        let text = "kong: {x: 90.0, y: 10}\napi: {on: 0, 12: 0.00, y: 1.50}\n"
        let document = try parse(text, splits: [kong("1", "1"), Self.api])
        let patched = try document.patched(["api": [weight("2"), .zero, weight("1.5")]])
        #expect(patched.text == "kong: {x: 90.0, y: 10}\napi: {on: 2, 12: 0.00, y: 1.50}\n")
        #expect(try document.patched([:]).text == text)
    }

    @Test func `weights that do not fit the document are refused`() throws {
        let document = try parse("kong: {x: 90, y: 10}")
        #expect(throws: WeightsDocument.PatchFault.notOfThisDocument(split: "kong")) {
            try document.patched(["kong": [weight("1")]])
        }
        #expect(throws: WeightsDocument.PatchFault.notOfThisDocument(split: "api")) {
            try document.patched(["api": [weight("1")]])
        }
        #expect(throws: WeightsDocument.PatchFault.self) {
            try document.patched(["kong": [.zero, .zero]])
        }
    }

    @Test(arguments: [
        ("", "1:1: the file is empty"),
        ("# nothing\n", "1:1: the file is empty"),
        ("kong", "1:1: the file is `kong`; expected weights by split"),
        ("{}", "1:1: the split `kong` is missing; expected every split"),
        ("kong: {x: 90}", "1:1: the split `kong` misses its member `y`; expected every member"),
        ("kong: {x: 90, z: 10, y: 0}", "1:15: the split `kong` has no member `z`; expected x, y"),
        ("kong: {x: 90, y: 10}\napi: {x: 1}", "2:1: there is no split `api`; expected kong"),
        ("kong: {x: 90, y: 10%}", "1:18: `y`: weight \"10%\" has a percent sign"),
        ("kong: {x: 33.333, y: 1}", "1:11: `x`: weight \"33.333\" has more than two decimals"),
        ("kong: {x: nan, y: 1}", "1:11: `x`: weight \"nan\""),
        ("kong: {x: -1, y: 1}", "1:11: `x`: weight \"-1\" is negative"),
        ("kong: {x: 1e2, y: 1}", "1:11: `x`: weight \"1e2\""),
        ("kong: {x: 017, y: 1}", "1:11: `x`: weight \"017\" has a leading zero"),
        ("kong: {x: 1_000, y: 1}", "1:11: `x`: weight \"1_000\""),
        ("kong: {x: 1:30, y: 1}", "1:11: `x`: weight \"1:30\""),
        ("kong: {x: 1000000.01, y: 1}", "1:11: `x`: weight \"1000000.01\" is too large"),
        ("kong: {x: , y: 1}", "1:11: `x`: weight \"\" is empty"),
        ("kong: {x: [1], y: 1}", "1:11: `x` is a list; expected a weight"),
        ("kong: {x: ${W}, y: 1}", "1:12: not YAML"),
        ("kong: {x: '${W}', y: 1}", "1:11: `x`: weight \"${W}\""),
        ("kong: {x: 0, y: 0.00}", "1:7: the weights of the split `kong` add up to 0"),
        ("kong: [90, 10]", "1:7: the split `kong` is a list; expected weights by upstream"),
        ("kong: {x: 1, y: 1, x: 2}", "1:20: `x` is written more than once, first at 1:8;"),
        ("kong: {x: 1, y: 1, \"x\": 2}", "1:20: `x` is written more than once, first at 1:8;"),
        ("kong: {x: 1, y: 1, 'x': 2, x: 3}", "1:28: `x` is written more than once, first at 1:8;"),
        ("kong: &k {x: 1, y: 1}", "1:7: `&` begins a YAML anchor"),
        ("kong: {x: *a, y: 1}", "1:11: `*` begins a YAML alias"),
        ("kong: {x: !!int 1, y: 1}", "1:11: `!` begins a YAML tag"),
        ("kong: {x: \"\\x31\", y: 1}", "1:11: `x` has escapes; expected plain digits"),
        ("kong: {x: 1, y: 1}\n---\nkong: {x: 1, y: 1}", "2:1: a second document begins"),
        ("kong: {x: 1, y: 1\n", "2:1: not YAML"),
    ])
    func `a faulty text is refused at its place`(text: String, expected: String) {
        let errors = #expect(throws: SettingsErrors.self) { try parse(text) }
        let all = errors?.description ?? ""
        #expect(all.contains("weights.yaml:\(expected)"), "\(all)")
    }

    @Test func `every fault shows in one run`() {
        let text = "kong: {x: 1%, z: -1}\napi: {y: nan}\n"
        let errors = #expect(throws: SettingsErrors.self) { try parse(text) }
        #expect(errors?.errors.count == 6)
    }
}
