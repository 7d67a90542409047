/// What a response says about who made it, as Kong writes it: a response of the service behind
/// has `Via`, one of Kong's own has `Server`, and one that tells of a failed service has `Via` and
/// no `Server` at all, or from Kong 3.8 on the one of the same Kong.
package struct GatewayMarks: OptionSet, Sendable {
    /// One bit for each mark.
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `Server: kong/3.4.1`.
    package static let serverIsKong = GatewayMarks(rawValue: 1)
    /// `Via: kong/3.4.1`, `Via: 1.1 kong/3.8.0`.
    package static let viaKong = GatewayMarks(rawValue: 2)
    /// A Server field, whatever it says.
    package static let hasServer = GatewayMarks(rawValue: 4)

    /// The one Server field and the last Kong of Via are alike: `kong/3.8.0` and `1.1 kong/3.8.0`.
    package static let serverIsViasKong = GatewayMarks(rawValue: 8)

    /// Whether a Kong had a hand in it.
    package var isKong: Bool { !isDisjoint(with: [.serverIsKong, .viaKong]) }

    /// Whether the gateway itself made a response with this status for its own or its service's
    /// failure: such a one speaks against the gateway, one of the service's does not.
    package func isGatewayFailure(status: Int) -> Bool {
        let isOwn = contains(.serverIsKong) && !contains(.viaKong)
        let namesService = contains(.hasServer) && !contains(.serverIsViasKong)
        let isOfBrokenService = contains(.viaKong) && !namesService
        switch status {
        case 502, 504: return isOwn || isOfBrokenService
        case 503: return isOwn
        default: return false
        }
    }
}

extension ResponseHead {
    /// Who made the response that was parsed last out of `bytes`.
    package func gatewayMarks(_ bytes: Span<UInt8>) -> GatewayMarks {
        var marks: GatewayMarks = []
        var server = ByteRange.empty
        var via = ByteRange.empty
        var servers = 0
        for index in 0..<fields.count where fields[index].known == .other {
            let value = fields[index].value
            switch Keyword(bytes, fields[index].name) {
            case .server:
                marks.insert(.hasServer)
                servers += 1
                server = value
                if Self.isKong(bytes, at: value.start, of: value) { marks.insert(.serverIsKong) }
            case .via:
                if let kong = Self.lastKong(bytes, value) {
                    marks.insert(.viaKong)
                    via = kong
                }
            default:
                continue
            }
        }
        if servers == 1, marks.isSuperset(of: [.serverIsKong, .viaKong]),
            Self.isAlike(bytes, server, via)
        {
            marks.insert(.serverIsViasKong)
        }
        return marks
    }

    /// The last word of the value that begins with `kong/`, up to a blank or a comma.
    private static func lastKong(_ bytes: Span<UInt8>, _ value: ByteRange) -> ByteRange? {
        var found: ByteRange?
        for start in value.start..<value.end where isKong(bytes, at: start, of: value) {
            guard start == value.start || !ByteClass.isToken(bytes[start - 1]) else { continue }
            var end = start + 5
            while end < value.end, bytes[end] != UInt8(ascii: ","), !ByteClass.isBlank(bytes[end]) {
                end += 1
            }
            found = ByteRange(start, end)
        }
        return found
    }

    /// Whether two texts that both begin with `kong/` go on alike.
    private static func isAlike(
        _ bytes: Span<UInt8>, _ one: ByteRange, _ other: ByteRange
    ) -> Bool {
        guard one.count == other.count else { return false }
        for at in 5..<max(5, one.count) where bytes[one.start + at] != bytes[other.start + at] {
            return false
        }
        return true
    }

    private static func isKong(
        _ bytes: Span<UInt8>, at start: Int, of value: ByteRange
    ) -> Bool {
        start + 5 <= value.end && Keyword(bytes, ByteRange(start, start + 5)) == .kong
    }
}
