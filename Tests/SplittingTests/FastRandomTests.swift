import Splitting
import Testing

@Suite struct FastRandomTests {
    /// The first numbers of SplitMix64's published reference for this seed.
    @Test func `the numbers are those of the reference`() {
        var random = FastRandom(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
        #expect(random.next() == 9_817_491_932_198_370_423)
    }

    @Test func `each bit is set about half the time`() {
        var random = FastRandom(seed: 0)
        var ones = Array(repeating: 0, count: 64)
        for _ in 0..<4_000 {
            let bits = random.next()
            for bit in 0..<64 where bits >> UInt64(bit) & 1 == 1 { ones[bit] += 1 }
        }
        #expect(ones.allSatisfy { (1_800...2_200).contains($0) })
    }
}
