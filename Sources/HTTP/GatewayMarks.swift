/// What a response says about who made it, as Kong writes it: a response of the service behind
/// has `Via`, one of Kong's own has `Server`, and one that tells of a failed service has `Via` and
/// no `Server` at all.
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

    /// Whether a Kong had a hand in it.
    package var isKong: Bool { !isDisjoint(with: [.serverIsKong, .viaKong]) }

    /// Whether the gateway itself made a response with this status for its own or its service's
    /// failure: such a one speaks against the gateway, one of the service's does not.
    package func isGatewayFailure(status: Int) -> Bool {
        let isOwn = contains(.serverIsKong) && !contains(.viaKong)
        let isOfBrokenService = contains(.viaKong) && !contains(.hasServer)
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
        for index in 0..<fields.count where fields[index].known == .other {
            let value = fields[index].value
            switch Keyword(bytes, fields[index].name) {
            case .server:
                marks.insert(.hasServer)
                if Self.isKong(bytes, at: value.start, of: value) { marks.insert(.serverIsKong) }
            case .via:
                if Self.namesKong(bytes, value) { marks.insert(.viaKong) }
            default:
                continue
            }
        }
        return marks
    }

    /// Whether `kong/` begins the value or a word of it.
    private static func namesKong(_ bytes: Span<UInt8>, _ value: ByteRange) -> Bool {
        for start in value.start..<value.end where isKong(bytes, at: start, of: value) {
            if start == value.start || !ByteClass.isToken(bytes[start - 1]) { return true }
        }
        return false
    }

    private static func isKong(
        _ bytes: Span<UInt8>, at start: Int, of value: ByteRange
    ) -> Bool {
        start + 5 <= value.end && Keyword(bytes, ByteRange(start, start + 5)) == .kong
    }
}
