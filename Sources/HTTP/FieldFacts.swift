/// What the fields of one head say about framing and connection, gathered line by line.
struct FieldFacts {
    private(set) var contentLength: UInt64?
    /// The value of the last Host field.
    private(set) var host = ByteRange.empty
    private(set) var hostCount = 0
    private(set) var saysClose = false
    private(set) var saysKeepAlive = false
    private(set) var expectsContinue = false
    private(set) var expectCount = 0
    private(set) var acceptsTrailers = false
    /// The value of the last Max-Forwards field, nil if it is no number.
    private(set) var maxForwards: UInt64?
    private(set) var maxForwardsCount = 0
    /// Whether Connection lists `upgrade`, and the value of the last Upgrade field.
    private(set) var saysUpgrade = false
    private(set) var upgrade = ByteRange.empty
    private(set) var upgradeCount = 0
    /// How many fields Connection names that are not removed anyway.
    private(set) var connectionOptions = 0
    /// The value of the last X-Request-Id field.
    private(set) var requestID = ByteRange.empty
    private(set) var requestIDCount = 0
    private var codings = TransferCodings()

    /// Takes in one field; a fault if its value decides that the message is refused.
    mutating func note(
        _ name: FieldName, _ value: ByteRange, _ bytes: Span<UInt8>
    ) -> FieldFault? {
        switch name {
        case .host:
            host = value
            hostCount &+= 1
        case .connection:
            noteConnection(value, bytes)
        case .contentLength:
            return noteContentLength(value, bytes)
        case .transferEncoding:
            codings.note(value, bytes)
        case .expect:
            expectsContinue = Keyword(bytes, value) == .continue
            expectCount &+= 1
        case .maxForwards:
            maxForwards = Decimal.parse(bytes, value)
            maxForwardsCount &+= 1
        case .upgrade:
            upgrade = value
            upgradeCount &+= 1
        case .te:
            noteAcceptedCodings(value, bytes)
        case .xRequestID:
            requestID = value
            requestIDCount &+= 1
        default:
            break
        }
        return nil
    }

    /// The framing that Content-Length and Transfer-Encoding give together; nil if there is
    /// neither (RFC 9112, 6.3).
    func framing(_ version: HTTPVersion) -> Result {
        guard codings.count > 0 else {
            return contentLength.map { .framing(.length($0)) } ?? .unknown
        }
        if contentLength != nil { return .refused(.ambiguousFraming) }
        if version == .http10 { return .refused(.transferEncodingInHTTP10) }
        return codings.fault.map { .refused($0) } ?? .framing(.chunked)
    }

    enum Result {
        case framing(BodyFraming)
        case unknown
        case refused(FieldFault)
    }

    /// Whether the connection may serve another message (RFC 9112, 9.3).
    func keepsAlive(_ version: HTTPVersion) -> Bool {
        !saysClose && (version == .http11 || saysKeepAlive)
    }

    /// The one protocol that the message asks or agrees to change to; nil where it names none,
    /// several, or a version of HTTP, whose requests would pass unseen.
    func protocolToChangeTo(_ bytes: Span<UInt8>) -> ByteRange? {
        guard saysUpgrade, upgradeCount == 1 else { return nil }
        return ProtocolName.isAcceptable(bytes, upgrade) ? upgrade : nil
    }

    private mutating func noteConnection(_ value: ByteRange, _ bytes: Span<UInt8>) {
        var elements = ListElements(of: value)
        while let option = elements.next(bytes) {
            switch Keyword(bytes, option) {
            case .close: saysClose = true
            case .keepAlive: saysKeepAlive = true
            case .upgrade: saysUpgrade = true
            case .te: break
            default: connectionOptions &+= option.isEmpty ? 0 : 1
            }
        }
    }

    /// Equal lengths, in one list or several fields, count as one; others are ambiguous.
    private mutating func noteContentLength(
        _ value: ByteRange, _ bytes: Span<UInt8>
    ) -> FieldFault? {
        var elements = ListElements(of: value)
        while let element = elements.next(bytes) {
            guard let length = Decimal.parse(bytes, element) else { return .badContentLength }
            if let known = contentLength, known != length { return .ambiguousFraming }
            contentLength = length
        }
        return nil
    }

    private mutating func noteAcceptedCodings(_ value: ByteRange, _ bytes: Span<UInt8>) {
        var elements = ListElements(of: value)
        while let element = elements.next(bytes) {
            if Keyword(bytes, element) == .trailers { acceptsTrailers = true }
        }
    }
}

/// The transfer codings of a message, in the order in which they were applied.
struct TransferCodings {
    /// How many there are, malformed ones included.
    private(set) var count = 0
    private var chunkedCount = 0
    private var lastIsChunked = false
    private var hasEmpty = false

    mutating func note(_ value: ByteRange, _ bytes: Span<UInt8>) {
        var elements = ListElements(of: value)
        while let element = elements.next(bytes) {
            count &+= 1
            if element.isEmpty { hasEmpty = true }
            lastIsChunked = Keyword(bytes, element) == .chunked
            if lastIsChunked { chunkedCount &+= 1 }
        }
    }

    /// nil for exactly `chunked`. A list with empty elements is legal, but servers read it in
    /// more than one way.
    var fault: FieldFault? {
        if hasEmpty || !lastIsChunked || chunkedCount > 1 { return .badTransferEncoding }
        return count == 1 ? nil : .unsupportedTransferCoding
    }
}
