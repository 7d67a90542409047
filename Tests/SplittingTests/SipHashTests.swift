import Testing

@testable import Splitting

/// The hash against the vectors that its authors publish (vectors_sip64 of their reference code).
struct SipHashTests {
    /// What the first n bytes of 0, 1, 2… hash to under the key 0, 1, … 15.
    static let published: [UInt64] = [
        0x726f_db47_dd0e_0e31, 0x74f8_39c5_93dc_67fd, 0x0d6c_8009_d9a9_4f5a,
        0x8567_6696_d7fb_7e2d, 0xcf27_94e0_2771_87b7, 0x1876_5564_cd99_a68d,
        0xcbc9_466e_58fe_e3ce, 0xab02_00f5_8b01_d137, 0x93f5_f579_9a93_2462,
        0x9e00_82df_0ba9_e4b0, 0x7a5d_bbc5_94dd_b9f3, 0xf4b3_2f46_226b_ada7,
        0x751e_8fbc_860e_e5fb, 0x14ea_5627_c084_3d90, 0xf723_ca90_8e7a_f2ee,
        0xa129_ca61_49be_45e5, 0x3f2a_cc7f_57c2_9bdb,
    ]

    @Test(arguments: published.indices)
    func `so many bytes hash to what the authors say`(count: Int) {
        let bytes = (0..<count).map { UInt8($0) }
        let hash = SipHash.hash(
            low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908, bytes.span, from: 0,
            to: count)
        #expect(hash == Self.published[count])
    }

    @Test func `a part of the bytes hashes as it does alone`() {
        let whole = Array("..0123456789..".utf8)
        let alone = Array("0123456789".utf8)
        let key: (UInt64, UInt64) = (7, 9)
        #expect(
            SipHash.hash(low: key.0, high: key.1, whole.span, from: 2, to: 12)
                == SipHash.hash(low: key.0, high: key.1, alone.span, from: 0, to: 10))
    }

    @Test func `an address hashes as its sixteen bytes do`() {
        let secret = StickySecret("a secret of some length")
        let bits: UInt128 = 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10
        let bytes = (1...16).map { UInt8($0) }
        #expect(secret.position(ofAddress: bits) == secret.position(bytes.span, from: 0, to: 16))
    }

    @Test func `a secret shows nothing of itself`() {
        let secret = StickySecret("swordfish-swordfish")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(!text.contains("sword") && !text.contains { $0.isNumber }, "\(text)")
        }
    }

    @Test func `other secrets give other positions, and the same one the same`() {
        let key = Array("user-1".utf8)
        let positions = (0..<100).map {
            StickySecret("secret number \($0)").position(key.span, from: 0, to: key.count)
        }
        #expect(Set(positions).count == 100)
        #expect(
            StickySecret("secret number 7").position(key.span, from: 0, to: key.count)
                == positions[7])
    }
}
