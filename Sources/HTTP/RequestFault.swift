/// Why a request is refused. Its connection is closed after the answer, since the end of the
/// request is not known.
package enum RequestFault: Equatable, Sendable {
    case badHost
    case badMaxForwards
    case badRequestLine
    case badTarget
    case connectNotSupported
    case duplicateHost
    case field(FieldFault)
    case headTooLarge
    /// An OPTIONS that is meant for Sluice itself: nothing is wrong with it.
    case lastHop
    case missingHost
    case targetTooLong
    case traceNotSupported
    case unsupportedExpectation
    case unsupportedVersion

    /// The status code of the answer.
    package var status: Int {
        switch self {
        case .badHost, .badMaxForwards, .badRequestLine, .badTarget, .duplicateHost,
            .missingHost:
            400
        case .connectNotSupported, .traceNotSupported: 501
        case .headTooLarge: 431
        case .lastHop: 200
        case .targetTooLong: 414
        case .unsupportedExpectation: 417
        case .unsupportedVersion: 505
        case .field(.tooManyFields): 431
        case .field(.unsupportedTransferCoding): 501
        case .field: 400
        }
    }

    /// A stable word for programs.
    package var kind: StaticString {
        switch self {
        case .badHost: "bad_host"
        case .badMaxForwards: "bad_max_forwards"
        case .badRequestLine: "bad_request_line"
        case .badTarget: "bad_target"
        case .connectNotSupported: "connect_not_supported"
        case .duplicateHost: "duplicate_host"
        case .field(let fault): fault.kind
        case .headTooLarge: "head_too_large"
        case .lastHop: "last_hop"
        case .missingHost: "missing_host"
        case .targetTooLong: "uri_too_long"
        case .traceNotSupported: "trace_not_supported"
        case .unsupportedExpectation: "unsupported_expectation"
        case .unsupportedVersion: "unsupported_version"
        }
    }

    /// A sentence for people, without quotes, to stand in JSON as it is.
    package var message: StaticString {
        switch self {
        case .badHost: "Host is not a name or address with an optional port."
        case .badMaxForwards: "Max-Forwards is not one decimal number."
        case .badRequestLine: "The first line is not a method, a target and HTTP/1.1."
        case .badTarget: "The request target is neither a path nor an http URI."
        case .connectNotSupported: "CONNECT is not supported."
        case .duplicateHost: "Host is given more than once."
        case .field(let fault): fault.message
        case .headTooLarge: "The request head is too large."
        case .lastHop: "Max-Forwards is 0: the request goes no further."
        case .missingHost: "An HTTP/1.1 request needs a Host field."
        case .targetTooLong: "The request target is too long."
        case .traceNotSupported: "Max-Forwards is 0, and TRACE is not answered here."
        case .unsupportedExpectation: "Expect is not exactly 100-continue."
        case .unsupportedVersion: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
        }
    }
}

/// What parsing a request's head came to.
package enum HeadProgress: Equatable, Sendable {
    /// The head is not there yet; nothing so far is wrong.
    case incomplete
    case complete
    case refused(RequestFault)
}
