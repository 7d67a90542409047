import Splitting
import Testing

@testable import Settings

/// state_dir/weights.state as bytes.
struct WeightsStateTests {
    private let state = WeightsState(
        generation: 17,
        splits: [
            SplitWeights(
                name: "kong", members: ["x", "y"], weights: [weight("75.5"), weight("24.5")],
                generation: 17, source: .socket, changedAtMilliseconds: 1_763_899_200_123,
                reason: "step 3: 100% sure\nof “it”", followed: TextHash("a".utf8)),
            SplitWeights(
                name: "kong-tls", members: ["y"], weights: [weight("1")], generation: 2,
                source: .file, changedAtMilliseconds: -1, followed: TextHash("".utf8)),
        ])

    @Test func `a state reads back as it was written`() throws {
        #expect(try WeightsState(decoding: Array(state.encoded().utf8)) == state)
        let empty = WeightsState(generation: 0, splits: [])
        #expect(try WeightsState(decoding: Array(empty.encoded().utf8)) == empty)
    }

    @Test func `the form is a text of words`() {
        let lines = state.encoded().split(separator: "\n")
        #expect(lines.first == "sluice weights state 1")
        #expect(lines[7] == "reason step%203:%20100%25%20sure%0aof%20%e2%80%9cit%e2%80%9d")
        #expect(lines[8] == "weight x 75.5")
    }

    @Test func `a state cut at any byte is refused`() {
        expectRefusedCuts(of: state.encoded()) { try WeightsState(decoding: $0) }
    }

    @Test func `a state with any bit flipped is refused`() {
        expectRefusedFlips(of: state.encoded()) { try WeightsState(decoding: $0) }
    }

    @Test func `damage is told from a text that never was a state`() {
        let damaged = state.encoded().replacing("source socket", with: "sourcf socket")
        #expect(throws: StateError.damaged) {
            try WeightsState(decoding: Array(damaged.utf8))
        }
    }

    @Test func `a byte behind the checksum is refused`() {
        #expect(throws: StateError.truncated) {
            try WeightsState(decoding: Array((state.encoded() + "x").utf8))
        }
        #expect(throws: StateError.self) {
            try WeightsState(decoding: Array((state.encoded() + "\n").utf8))
        }
    }

    @Test(arguments: [
        ("", StateError.notAState(title: "sluice weights state")),
        ("kong: {x: 1}\n", .notAState(title: "sluice weights state")),
        ("sluice weights state 1\n", .truncated),
        ("sluice weights state 1\ngeneration 1\nchecksum 0000000000000000\n", .damaged),
    ])
    func `a text that is no state is refused`(text: String, error: StateError) {
        #expect(throws: error) { try WeightsState(decoding: Array(text.utf8)) }
    }

    @Test(arguments: [
        ("sluice weights state 2\n", StateError.unsupportedVersion("2", known: 1)),
        ("sluice weights state 1\n", .malformed(line: 2, expected: "`generation` and a value")),
        (
            "sluice weights state 1\ngeneration -1\n",
            .malformed(line: 2, expected: "a value of `generation`")
        ),
        (
            "sluice weights state 1\ngeneration 1\nsplit %4\n",
            .malformed(line: 3, expected: "a value of `split`")
        ),
        ("sluice weights state 1\ngeneration 01\n", .damaged),
    ])
    func `a well-sealed text that is no state is refused`(
        body: String,
        error: StateError
    ) {
        expectRefused(sealing: body, error) { try WeightsState(decoding: $0) }
    }
}
