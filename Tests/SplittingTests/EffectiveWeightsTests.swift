import Splitting
import Testing

@Suite struct EffectiveWeightsTests {
    @Test(
        arguments: [
            // All usable: as set.
            ([90, 10], [true, true], [90, 10]),
            // The share moves to the usable ones, which keep their proportions.
            ([90, 10], [true, false], [90, 0]),
            ([90, 10], [false, true], [0, 10]),
            ([60, 30, 10], [true, false, true], [60, 0, 10]),
            // Never to a member set to 0.
            ([100, 0], [false, true], [100, 0]),
            ([0, 100], [true, false], [0, 100]),
            ([60, 0, 40], [false, true, false], [60, 0, 40]),
            ([60, 0, 40], [false, true, true], [0, 0, 40]),
            // None usable: health is ignored.
            ([90, 10], [false, false], [90, 10]),
            ([100], [false], [100]),
        ] as [([UInt32], [Bool], [UInt32])])
    func `share moves to usable members with a weight, or not at all`(
        set: [UInt32], usable: [Bool], effective: [UInt32]
    ) {
        let weights = set.compactMap { Weight(hundredths: $0 * 100) }
        let expected = effective.compactMap { Weight(hundredths: $0 * 100) }
        #expect(EffectiveWeights.of(set: weights, usable: usable) == expected)
    }
}
