import Splitting
import Testing

@testable import Settings

/// New weights from the control API and the command.
struct WeightChangeTests {
    private let split = kong("90", "10")

    @Test func `weights come in the order of the members`() throws {
        let weights = try WeightChange.validate(["y": "33.33", "x": "66.67"], for: split)
        #expect(weights == [weight("66.67"), weight("33.33")])
    }

    @Test(arguments: [
        ([:], "misses its member `x`; expected every member, 0 is allowed; and "),
        (["x": "1"], "the split `kong` misses its member `y`"),
        (["x": "1", "y": "1", "z": "1"], "the split `kong` has no member `z`; expected x, y"),
        (["x": "33.333", "y": "1"], "`x`: weight \"33.333\" has more than two decimals"),
        (["x": "1", "y": "1e3"], "`y`: weight \"1e3\""),
        (["x": "-1", "y": "1"], "`x`: weight \"-1\" is negative"),
        (["x": "0", "y": "0"], "the weights of the split `kong` add up to 0"),
    ])
    func `a faulty change names its fault`(weights: [String: String], expected: String) {
        let error = #expect(throws: WeightChangeError.self) {
            try WeightChange.validate(weights, for: split)
        }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test func `every fault is named, unknown names first`() {
        let error = #expect(throws: WeightChangeError.self) {
            try WeightChange.validate(["b": "1", "a": "1", "y": ""], for: split)
        }
        #expect(
            error?.faults.prefix(3) == [
                .unknownMember("a"), .unknownMember("b"), .missingMember("x"),
            ])
        #expect(error?.faults.count == 4)
    }
}
