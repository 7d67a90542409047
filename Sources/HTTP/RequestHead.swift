internal import Bytes

/// The index of one request head: offsets into the received bytes, and what they mean.
///
/// Only making one allocates: a worker makes one and parses head after head into it. Everything
/// it tells is about the last head that was `complete`.
package struct RequestHead: ~Copyable {
    /// What the client wants done; `other` for names that are not known.
    package internal(set) var method = Method.get
    /// The method as it was sent.
    package internal(set) var methodRange = ByteRange.empty
    /// The request target as it was sent.
    package internal(set) var targetRange = ByteRange.empty
    /// Path and query: what is left of the target without scheme and authority. Empty for an
    /// absolute target without a path.
    package internal(set) var pathRange = ByteRange.empty
    /// The host that the request is for, of the target if it names one, else of Host. Empty if
    /// an HTTP/1.0 request names none.
    package internal(set) var hostRange = ByteRange.empty
    package internal(set) var version = HTTPVersion.http11
    package private(set) var framing = BodyFraming.none
    /// Whether the client wants to send another request on the connection.
    package private(set) var keepAlive = false
    /// Whether the client waits for `100 Continue` before it sends the body.
    package private(set) var expectsContinue = false
    /// The protocol that the client asks to change to (RFC 9110, 7.8), empty for none. Only a
    /// request of HTTP/1.1 without a body may ask.
    package private(set) var upgradeRange = ByteRange.empty
    /// Tells the protocol that was asked for from others, whatever the case of its letters; 0 for
    /// none.
    package private(set) var upgradeMark: UInt64 = 0
    /// The identifier that the client has given the request; empty if it gave none, several or
    /// one that is not passed on.
    package private(set) var requestIDRange = ByteRange.empty
    /// The length of the head in bytes, from the first byte given to the end of its empty line.
    package private(set) var byteCount = 0

    var form = TargetForm.origin
    var fields = FieldLines()
    let grammar = Grammar()
    private let anchor = Anchor()

    package init() {}

    /// Whether the client said that it reads trailers.
    package var acceptsTrailers: Bool { fields.facts.acceptsTrailers }

    /// Whether trailers may be passed on: those that Connection names must not be (RFC 9110,
    /// 7.6.1), and it is not kept what it names.
    package var keepsTrailers: Bool { fields.facts.connectionOptions == 0 }

    /// Reads a head from the start of `bytes`. Stateless: an incomplete head is read again from
    /// its start when more has arrived, which `HeadScan` keeps from happening too often.
    package mutating func parse(_ bytes: Span<UInt8>, limits: HeadLimits) -> HeadProgress {
        let bytes = bytes.extracting(first: limits.headBytes)
        switch parseRequestLine(bytes, limits: limits) {
        case .incomplete: return unfinished(bytes.count, limits)
        case .refused(let fault): return .refused(fault)
        case .complete(let start):
            switch fields.parse(bytes, from: start, most: limits.fields, grammar) {
            case .incomplete: return unfinished(bytes.count, limits)
            case .refused(let fault): return .refused(.field(fault))
            case .complete(let length):
                byteCount = length
                return conclude(bytes).map { .refused($0) } ?? .complete
            }
        }
    }

    private func unfinished(_ count: Int, _ limits: HeadLimits) -> HeadProgress {
        count < limits.headBytes ? .incomplete : .refused(.headTooLarge)
    }

    /// What only the whole head decides.
    private mutating func conclude(_ bytes: Span<UInt8>) -> RequestFault? {
        if let fault = concludeHost(bytes) { return fault }
        switch fields.facts.framing(version) {
        case .unknown: framing = .none
        case .framing(let known): framing = known
        case .refused(let fault): return .field(fault)
        }
        keepAlive = fields.facts.keepsAlive(version)
        // An HTTP/1.0 client knows no interim responses (RFC 9110, 10.1.1).
        expectsContinue = fields.facts.expectsContinue && version == .http11
        upgradeRange = .empty
        upgradeMark = 0
        if version == .http11, framing == .none, fields.facts.saysUpgrade,
            let name = fields.facts.protocolToChangeTo(bytes)
        {
            upgradeRange = name
            upgradeMark = ProtocolName.mark(bytes, name)
        }
        let isNamed =
            fields.facts.requestIDCount == 1 && RequestID.isSane(bytes, fields.facts.requestID)
        requestIDRange = isNamed ? fields.facts.requestID : .empty
        return concludeExpectation() ?? concludeMaxForwards()
    }

    /// What a server waits for before it reads a body must not be open to interpretation.
    private func concludeExpectation() -> RequestFault? {
        let count = fields.facts.expectCount
        if count == 0 || version == .http10 { return nil }
        return count == 1 && expectsContinue ? nil : .unsupportedExpectation
    }

    /// RFC 9110, 7.6.2: the last of so many hops answers itself.
    private func concludeMaxForwards() -> RequestFault? {
        guard countsHops else { return nil }
        guard fields.facts.maxForwardsCount == 1, let left = fields.facts.maxForwards else {
            return .badMaxForwards
        }
        if left > 0 { return nil }
        return method == .trace ? .traceNotSupported : .lastHop
    }

    /// Whether it is of a kind whose Max-Forwards is counted down, and has one.
    var countsHops: Bool {
        (method == .options || method == .trace) && fields.facts.maxForwardsCount > 0
    }

    private mutating func concludeHost(_ bytes: Span<UInt8>) -> RequestFault? {
        let facts = fields.facts
        if facts.hostCount > 1 { return .duplicateHost }
        if facts.hostCount == 0, version == .http11 { return .missingHost }
        if facts.hostCount == 1, !Authority.isValid(bytes, facts.host, grammar) { return .badHost }
        if form != .absolute { hostRange = facts.host }
        return nil
    }
}

/// The forms of a request target (RFC 9112, 3.2); the authority form is CONNECT's alone.
enum TargetForm {
    case origin
    case absolute
    case asterisk
}
