package import Splitting

/// How a split keeps each client at its upstream.
package struct StickySettings: Sendable, Equatable {
    /// What tells one client from another.
    package enum Key: Sendable, Equatable, CustomStringConvertible {
        /// The value of a field, its name in lower case, or of a cookie.
        case header(String)
        case cookie(String)
        /// The client's address.
        case clientIP

        /// As the file has it.
        package var description: String {
            switch self {
            case .header(let name): "header:\(name)"
            case .cookie(let name): "cookie:\(name)"
            case .clientIP: "client_ip"
            }
        }
    }

    /// The first of these that a request has is its key: 1 to 8, none twice.
    package let keys: [Key]
    /// What makes positions of keys.
    package let secret: StickySecret

    package init(by keys: [Key], secret: StickySecret) {
        self.keys = keys
        self.secret = secret
    }
}
