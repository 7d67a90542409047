extension IPAddress {
    /// Reads dotted decimal without leading zeros, or the text forms of RFC 4291 section 2.2
    /// without a zone; nil for anything else.
    package init?(_ text: some StringProtocol) {
        if let ipv4 = Self.parseIPv4(text) {
            self.init(ipv4: ipv4)
        } else if let bits = Self.parseIPv6(text) {
            self.init(bits: bits)
        } else {
            return nil
        }
    }

    private static func parseIPv4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let octet = parseOctet(part) else { return nil }
            address = address << 8 | octet
        }
        return address
    }

    /// A leading zero is refused: some programs read such a number as octal.
    private static func parseOctet(_ text: some StringProtocol) -> UInt32? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text.utf8.count == 1 || text.utf8.first != 0x30,
            let octet = UInt8(text)
        else { return nil }
        return UInt32(octet)
    }

    private static func parseIPv6(_ text: some StringProtocol) -> UInt128? {
        guard let gap = text.firstRange(of: "::") else {
            guard let groups = parseGroups(text), groups.count == 8 else { return nil }
            return bits(of: groups)
        }
        guard let head = parseGroups(text[..<gap.lowerBound], mayEndInIPv4: false),
            let tail = parseGroups(text[gap.upperBound...]),
            head.count + tail.count < 8
        else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - head.count - tail.count)
        return bits(of: head + zeros + tail)
    }

    private static func parseGroups(
        _ text: some StringProtocol,
        mayEndInIPv4: Bool = true
    ) -> [UInt16]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if isLast, mayEndInIPv4, let ipv4 = parseIPv4(part) {
                groups += [UInt16(ipv4 >> 16), UInt16(truncatingIfNeeded: ipv4)]
            } else if (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                let group = UInt16(part, radix: 16)
            {
                groups.append(group)
            } else {
                return nil
            }
        }
        return groups
    }

    private static func bits(of groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text of RFC 5952, without brackets; IPv4 in dotted decimal.
    package var description: String {
        isIPv4 ? ipv4Text : ipv6Text
    }

    private var ipv4Text: String {
        [24, 16, 8, 0].map { String(ipv4 >> $0 & 0xff) }.joined(separator: ".")
    }

    private var ipv6Text: String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) }
        let texts = groups.map { String($0, radix: 16) }
        guard let zeros = Self.longestRunOfZeros(groups) else {
            return texts.joined(separator: ":")
        }
        let head = texts[..<zeros.lowerBound].joined(separator: ":")
        let tail = texts[zeros.upperBound...].joined(separator: ":")
        return head + "::" + tail
    }

    /// The first of the longest runs of two or more groups that are 0.
    private static func longestRunOfZeros(_ groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        for index in groups.indices {
            guard groups[index] == 0 else {
                start = index + 1
                continue
            }
            let run = start..<(index + 1)
            if run.count >= 2, run.count > longest?.count ?? 0 { longest = run }
        }
        return longest
    }
}
