/// Why an upstream's response is refused. Its connection is closed.
package enum ResponseFault: Equatable, Sendable {
    case badStatusLine
    case bodyAfterInterim
    case field(FieldFault)
    case headTooLarge
    case unrequestedUpgrade
    case unsupportedVersion

    /// A stable word for programs.
    package var kind: StaticString {
        switch self {
        case .badStatusLine: "bad_status_line"
        case .bodyAfterInterim: "body_after_interim"
        case .field(let fault): fault.kind
        case .headTooLarge: "head_too_large"
        case .unrequestedUpgrade: "unrequested_upgrade"
        case .unsupportedVersion: "unsupported_version"
        }
    }

    /// A sentence for people, without quotes, to stand in JSON as it is.
    package var message: StaticString {
        switch self {
        case .badStatusLine: "The first line is not HTTP/1.1, a status code and a reason."
        case .bodyAfterInterim: "An interim response announces a body."
        case .field(let fault): fault.message
        case .headTooLarge: "The response head is too large."
        case .unrequestedUpgrade: "The upstream changes to another protocol unasked."
        case .unsupportedVersion: "The response is neither HTTP/1.1 nor HTTP/1.0."
        }
    }
}

/// What parsing a response's head came to.
package enum ResponseProgress: Equatable, Sendable {
    /// The head is not there yet; nothing so far is wrong.
    case incomplete
    case complete
    case refused(ResponseFault)
}
