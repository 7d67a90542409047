/// Why an Admin API could not be read. Each is a state that is told of, and none passes for a
/// reading without a change.
package enum AdminFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The token or the certificates cannot be read, or are none.
    case token(String)
    case certificates(String)
    /// No connection, no TLS, no answer in time, a connection that broke off.
    case connect(String)
    case tls(String)
    case timeout(seconds: Int)
    case broken(String)
    /// 401 and 403; 3xx; any other status that is no success.
    case denied(path: String, status: Int)
    case redirect(path: String, to: String)
    case status(path: String, Int)
    /// An answer that is none of Kong's Admin API.
    case malformed(path: String, String)
    /// More than is looked at.
    case tooMuch(path: String, String)
    /// Pages that do not end.
    case endless(path: String, String)

    /// What went wrong, in one line; never the token.
    package var description: String {
        switch self {
        case .token(let reason): "the token: \(reason)"
        case .certificates(let reason): "the certificates: \(reason)"
        case .connect(let reason): "no connection: \(reason)"
        case .tls(let reason): "TLS: \(reason)"
        case .timeout(let seconds): "no whole answer within \(seconds) s"
        case .broken(let reason): "the connection broke off: \(reason)"
        case .denied(let path, 401):
            "\(path): status 401: it wants a token, or another one"
        case .denied(let path, let status):
            "\(path): status \(status): the token may not read this"
        case .redirect(let path, let place):
            "\(path): leads to \(place), where nobody follows; expected the Admin API itself"
        case .status(let path, let status): "\(path): status \(status)"
        case .malformed(let path, let reason): "\(path): \(reason)"
        case .tooMuch(let path, let reason): "\(path): \(reason)"
        case .endless(let path, let reason): "\(path): its pages do not end: \(reason)"
        }
    }
}
