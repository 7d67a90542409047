internal import Addressing
internal import HTTP
internal import Settings

extension RequestRule {
    /// The rule that the settings write.
    init(_ when: WhenSettings) {
        self.init(
            when.conditions.map { Condition($0) },
            exceptions: when.exceptions.map { Condition($0) })
    }
}

extension RequestRule.Condition {
    fileprivate init(_ condition: WhenSettings.Condition) {
        switch condition {
        case .header(let name, let values): self = .header(name, values)
        case .cookie(let name, let values): self = .cookie(name, values)
        case .query(let name, let values): self = .query(name, values)
        case .client(let ranges):
            self = .client(
                ranges.map { range in
                    (network: range.network, mask: UInt128.max << UInt128(128 - range.prefix))
                })
        case .method(let methods): self = .method(methods)
        case .pathPrefix(let prefixes): self = .pathPrefix(prefixes)
        case .host(let hosts): self = .host(hosts)
        case .serverName(let names): self = .serverName(names)
        }
    }
}

extension RequestKeys.Source {
    init(_ key: StickySettings.Key) {
        switch key {
        case .header(let name): self = .header(name)
        case .cookie(let name): self = .cookie(name)
        case .clientIP: self = .client
        }
    }
}
