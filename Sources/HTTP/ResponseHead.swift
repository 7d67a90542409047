internal import Bytes

/// The index of one response head: offsets into the received bytes, and what they mean.
///
/// Only making one allocates: a worker makes one and parses head after head into it. Everything
/// it tells is about the last head that was `complete`.
package struct ResponseHead: ~Copyable {
    /// 100 to 999.
    package internal(set) var status = 0
    package internal(set) var version = HTTPVersion.http11
    package private(set) var framing = BodyFraming.none
    /// Whether the upstream's connection may serve another request after this response.
    package private(set) var keepAlive = false
    /// The length of the head in bytes, its empty line included.
    package private(set) var byteCount = 0

    var reasonRange = ByteRange.empty
    /// The protocol that a 101 changes to.
    var upgradeRange = ByteRange.empty
    var fields = FieldLines()
    private let grammar = Grammar()
    private let anchor = Anchor()

    package init() {}

    /// Whether the real response is still to come (RFC 9110, 15.2).
    package var isInterim: Bool { status < 200 && status != 101 }

    /// Whether the connection speaks another protocol from here on (RFC 9110, 15.2.2).
    package var isSwitchingProtocols: Bool { status == 101 }

    /// Whether it lacks the Date that a final response must have.
    package var needsDate: Bool { status >= 200 && !fields.present.contains(NameSet(.date)) }

    /// Whether trailers may be passed on: those that Connection names must not be (RFC 9110,
    /// 7.6.1), and it is not kept what it names.
    package var keepsTrailers: Bool { fields.facts.connectionOptions == 0 }

    /// Reads a head from the start of `bytes`: the response to a request with this method.
    /// `upgradeMark` is that of a request that asks for another protocol, 0 for all others.
    /// Stateless: an incomplete head is read again from its start when more has arrived.
    package mutating func parse(
        _ bytes: Span<UInt8>, to method: Method, upgradeMark: UInt64 = 0, limits: HeadLimits
    ) -> ResponseProgress {
        let bytes = bytes.extracting(first: limits.headBytes)
        switch parseStatusLine(bytes) {
        case .incomplete: return unfinished(bytes.count, limits)
        case .refused(let fault): return .refused(fault)
        case .complete(let start):
            switch fields.parse(bytes, from: start, most: limits.fields, grammar) {
            case .incomplete: return unfinished(bytes.count, limits)
            case .refused(let fault): return .refused(.field(fault))
            case .complete(let length):
                byteCount = length
                let fault = conclude(bytes, method, upgradeMark)
                return fault.map { .refused($0) } ?? .complete
            }
        }
    }

    private func unfinished(_ count: Int, _ limits: HeadLimits) -> ResponseProgress {
        count < limits.headBytes ? .incomplete : .refused(.headTooLarge)
    }

    /// What only the whole head decides: the framing (RFC 9112, 6.3), and whether the connection
    /// can be used again.
    private mutating func conclude(
        _ bytes: Span<UInt8>, _ method: Method, _ upgradeMark: UInt64
    ) -> ResponseFault? {
        var announced = BodyFraming.untilClose
        switch fields.facts.framing(version) {
        case .unknown: break
        case .framing(let known): announced = known
        case .refused(let fault): return .field(fault)
        }
        keepAlive = fields.facts.keepsAlive(version)
        if status == 101 { return concludeSwitch(bytes, announced, upgradeMark) }
        if isInterim || status == 204 {
            framing = .none
            // Bytes that were announced here would be read as the next response.
            guard announced != .untilClose, announced != .length(0) else { return nil }
            keepAlive = false
            return isInterim ? .bodyAfterInterim : nil
        }
        framing = method == .head || status == 304 ? .none : announced
        if framing == .untilClose { keepAlive = false }
        return nil
    }

    /// A switch to what nobody asked for, or that says not to what, would leave both sides with
    /// different ideas of the bytes behind it.
    private mutating func concludeSwitch(
        _ bytes: Span<UInt8>, _ announced: BodyFraming, _ upgradeMark: UInt64
    ) -> ResponseFault? {
        guard version == .http11, announced == .untilClose,
            let name = fields.facts.protocolToChangeTo(bytes),
            ProtocolName.mark(bytes, name) == upgradeMark
        else { return .unrequestedUpgrade }
        upgradeRange = name
        framing = .untilClose
        keepAlive = false
        return nil
    }
}
