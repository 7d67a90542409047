/// What the tripwire watches: the lists of Kong's Admin API by which requests are served.
package enum EntityKind: String, Sendable, Equatable, CaseIterable {
    case services, routes, plugins, consumers, upstreams, certificates
}
