import Testing

@testable import Settings

/// state_dir/drains.state as bytes.
struct DrainsStateTests {
    private let state = DrainsState(drains: [
        Drain(
            DrainScope(upstream: "x", target: "[::1]:8000"),
            sinceMilliseconds: 1_763_899_200_123, reason: "new kernel: 100% sure\nof “it”"),
        Drain(DrainScope(upstream: "x"), sinceMilliseconds: -1),
        Drain(DrainScope(upstream: "target y", target: ""), sinceMilliseconds: 0, reason: "z"),
    ])

    @Test func `a state reads back as it was written`() throws {
        #expect(try DrainsState(decoding: Array(state.encoded().utf8)) == state)
        let empty = DrainsState(drains: [])
        #expect(try DrainsState(decoding: Array(empty.encoded().utf8)) == empty)
    }

    @Test func `the form is a text of words`() {
        let lines = state.encoded().split(separator: "\n").dropLast()
        #expect(
            Array(lines) == [
                "sluice drains state 1", "upstream x", "target [::1]:8000",
                "since 1763899200123",
                "reason new%20kernel:%20100%25%20sure%0aof%20%e2%80%9cit%e2%80%9d",
                "upstream x", "since -1", "reason ",
                "upstream target%20y", "target ", "since 0", "reason z",
            ])
    }

    @Test func `a state cut at any byte is refused`() {
        expectRefusedCuts(of: state.encoded()) { try DrainsState(decoding: $0) }
    }

    @Test func `a state with any bit flipped is refused`() {
        expectRefusedFlips(of: state.encoded()) { try DrainsState(decoding: $0) }
    }

    @Test(arguments: [
        ("sluice weights state 1\n", StateError.notAState(title: "sluice drains state")),
        ("sluice drains state 2\n", .unsupportedVersion("2", known: 1)),
        (
            "sluice drains state 1\nreason x\n",
            .malformed(line: 2, expected: "`upstream` and a value")
        ),
        (
            "sluice drains state 1\nupstream x\nsince now\n",
            .malformed(line: 3, expected: "a value of `since`")
        ),
        (
            "sluice drains state 1\nupstream x\ntarget %4\n",
            .malformed(line: 3, expected: "a value of `target`")
        ),
        ("sluice drains state 1\nupstream x\nsince 01\nreason \n", .damaged),
        (
            "sluice drains state 1\nupstream x\nsince 1\nreason \n"
                + "upstream x\nsince 2\nreason \n", .damaged
        ),
    ])
    func `a well-sealed text that is no state is refused`(body: String, error: StateError) {
        expectRefused(sealing: body, error) { try DrainsState(decoding: $0) }
    }
}
