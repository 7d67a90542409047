/// A set of field names: one bit each.
struct NameSet: OptionSet, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    @inline(__always)
    init(_ name: FieldName) { rawValue = 1 &<< UInt32(name.rawValue) }

    /// What concerns one connection only (RFC 9110, 7.6.1). Trailer is not among it: the
    /// trailers are passed on, and so is their announcement.
    static let hopByHop: NameSet = [
        NameSet(.connection), NameSet(.keepAlive), NameSet(.proxyConnection), NameSet(.te),
        NameSet(.transferEncoding), NameSet(.upgrade),
    ]

    /// What tells the upstream who the client is.
    static let forwarding: NameSet = [
        NameSet(.forwarded), NameSet(.xForwardedFor), NameSet(.xForwardedHost),
        NameSet(.xForwardedPort), NameSet(.xForwardedProto), NameSet(.xRealIP),
    ]

    /// What no request keeps as it was sent: framing is written anew.
    static let droppedFromRequests: NameSet = [
        hopByHop, NameSet(.contentLength), NameSet(.xForwardedFor),
    ]

    /// What no response keeps as it was sent: framing is written anew.
    static let droppedFromResponses: NameSet = [hopByHop, NameSet(.contentLength)]

    /// What Sluice removes, sets or relies on. A name that equals one of these but for `_` in
    /// place of `-` is never passed on: a server that reads both alike would take it for the
    /// field that Sluice has checked or set.
    static let managed: NameSet = [
        hopByHop, forwarding, NameSet(.contentLength), NameSet(.host), NameSet(.xRequestID),
    ]

    /// What Connection cannot name: without it a request would mean something else, or be another
    /// one in the logs.
    static let endToEnd: NameSet = [
        forwarding, NameSet(.authorization), NameSet(.contentLength), NameSet(.host),
        NameSet(.transferEncoding), NameSet(.xRequestID),
    ]

    /// What a trailer section must not carry: framing, routing, authentication, and what says
    /// how the content is to be read (RFC 9110, 6.5.1). `TrailerName` adds the names that mean
    /// nothing else here.
    static let forbiddenInTrailers: NameSet = [
        managed, NameSet(.authorization), NameSet(.cacheControl), NameSet(.contentEncoding),
        NameSet(.contentRange), NameSet(.contentType), NameSet(.cookie), NameSet(.date),
        NameSet(.expect), NameSet(.maxForwards), NameSet(.setCookie), NameSet(.trailer),
    ]
}
