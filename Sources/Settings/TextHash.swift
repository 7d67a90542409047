/// The fingerprint of a text: tells an edited text from the one that was followed.
///
/// FNV-1a over 64 bits. Each of its steps is one-to-one, so a single changed byte always shows;
/// two other texts meet by chance once in 2⁶⁴. It need not resist an attacker: whoever can
/// write the file sets the weights anyway.
package struct TextHash: Sendable, Hashable, CustomStringConvertible {
    /// The 64 bits.
    package let value: UInt64

    init(value: UInt64) {
        self.value = value
    }

    /// The fingerprint of a text without a byte: what weights follow that no text set.
    static let nothing = TextHash([])

    /// The fingerprint of a file's bytes.
    package init(_ bytes: some Sequence<UInt8>) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        value = hash
    }

    /// Reads 16 hexadecimal digits; nil for any other text.
    init?(hexadecimal text: some StringProtocol) {
        let isHexadecimal = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
        }
        guard text.utf8.count == 16, isHexadecimal, let value = UInt64(text, radix: 16) else {
            return nil
        }
        self.value = value
    }

    /// 16 hexadecimal digits.
    package var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
