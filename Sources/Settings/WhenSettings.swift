package import Addressing

/// What a request has to be like: the one grammar of pins and routes.
package struct WhenSettings: Sendable, Equatable {
    /// One thing that a request has to have.
    package enum Condition: Sendable, Equatable {
        /// A field (its name in lower case), a cookie or a parameter of the query, with any of
        /// these values; any value if there are none.
        case header(String, [String])
        case cookie(String, [String])
        case query(String, [String])
        /// A client in any of these ranges.
        case client([CIDR])
        /// Any of these methods, of these paths or anything below them, of these hosts: in lower
        /// case, with `*.` before it any host below it.
        case method([String])
        case pathPrefix([String])
        case host([String])
        /// A TLS client that asks for any of these names, written like hosts.
        case serverName([String])
    }

    /// All of them hold.
    package let conditions: [Condition]
    /// Not all of these hold; empty: nothing is asked.
    package let exceptions: [Condition]

    package init(_ conditions: [Condition], exceptions: [Condition] = []) {
        self.conditions = conditions
        self.exceptions = exceptions
    }

    /// Whether only clients of some addresses can fulfil it.
    package var asksForClient: Bool {
        conditions.contains { if case .client = $0 { true } else { false } }
    }

    /// Whether it asks for what any client can write into its request.
    package var asksForFreeWords: Bool {
        conditions.contains {
            switch $0 {
            case .header, .cookie, .query: true
            case .client, .method, .pathPrefix, .host, .serverName: false
            }
        }
    }

    /// Whether it asks for the name that a TLS client asks for, be it to pass it over.
    package var asksForServerName: Bool {
        (conditions + exceptions).contains { if case .serverName = $0 { true } else { false } }
    }
}
