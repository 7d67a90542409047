/// Why a request is refused. Its connection is closed after the answer, since the end of the
/// request is not known.
package enum RequestFault: Equatable, Sendable {
    case badHost
    case badRequestLine
    case badTarget
    case connectNotSupported
    case duplicateHost
    case field(FieldFault)
    case headTooLarge
    case missingHost
    case targetTooLong
    case unsupportedVersion

    /// The status code of the answer.
    package var status: Int {
        switch self {
        case .badHost, .badRequestLine, .badTarget, .duplicateHost, .missingHost: 400
        case .connectNotSupported: 501
        case .headTooLarge: 431
        case .targetTooLong: 414
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
        case .badRequestLine: "bad_request_line"
        case .badTarget: "bad_target"
        case .connectNotSupported: "connect_not_supported"
        case .duplicateHost: "duplicate_host"
        case .field(let fault): fault.kind
        case .headTooLarge: "head_too_large"
        case .missingHost: "missing_host"
        case .targetTooLong: "uri_too_long"
        case .unsupportedVersion: "unsupported_version"
        }
    }

    /// A sentence for people, without quotes, to stand in JSON as it is.
    package var message: StaticString {
        switch self {
        case .badHost: "Host is not a name or address with an optional port."
        case .badRequestLine: "The first line is not a method, a target and HTTP/1.1."
        case .badTarget: "The request target is neither a path nor an http URI."
        case .connectNotSupported: "CONNECT is not supported."
        case .duplicateHost: "Host is given more than once."
        case .field(let fault): fault.message
        case .headTooLarge: "The request head is too large."
        case .missingHost: "An HTTP/1.1 request needs a Host field."
        case .targetTooLong: "The request target is too long."
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
