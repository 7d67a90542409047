import Addressing

extension CIDR {
    /// Reads `ADDRESS/BITS` or a single address; nil for any other text, and when bits behind
    /// the prefix are set, since then one of the two is mistyped.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let address = IPAddress(first) else {
            return nil
        }
        let isIPv4Text = !first.contains(":")
        let width = isIPv4Text ? 32 : 128
        guard let bits = parts.count == 2 ? DecimalNumber.parse(parts[1]) : width,
            bits <= width
        else { return nil }
        self.init(around: address, prefix: bits + 128 - width)
        guard network == address.bits else { return nil }
    }
}
