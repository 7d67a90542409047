internal import Bytes

/// Rules for connections of which nothing is read but their first bytes, if at all.
extension RequestRules {
    /// The first rule that a connection fulfils, nil for none; `name` is the name that its TLS
    /// client asks for, empty for none. What only a request has, a connection has not.
    package func firstMatch(serverName name: Span<UInt8>, _ origin: RequestOrigin) -> Int? {
        for index in 0..<rules.count where holds(rules[index], name, origin) { return index }
        return nil
    }

    private func holds(_ rule: Rule, _ name: Span<UInt8>, _ origin: RequestOrigin) -> Bool {
        for index in rule.start..<rule.exceptions where !holds(terms[index], name, origin) {
            return false
        }
        if rule.exceptions == rule.end { return true }
        for index in rule.exceptions..<rule.end where !holds(terms[index], name, origin) {
            return true
        }
        return false
    }

    private func holds(_ term: Term, _ name: Span<UInt8>, _ origin: RequestOrigin) -> Bool {
        switch term.subject {
        case .client: return isClient(term, origin)
        case .serverName:
            guard ServerNameText.isSound(name) else { return false }
            let range = ByteRange(0, name.count)
            for index in term.values.start..<term.values.end
            where isHost(range, values[index].text, name) {
                return true
            }
            return false
        case .header, .cookie, .query, .method, .pathPrefix, .host: return false
        }
    }

    func isClient(_ term: Term, _ origin: RequestOrigin) -> Bool {
        for index in term.values.start..<term.values.end
        where origin.client.bits & values[index].mask == values[index].network {
            return true
        }
        return false
    }
}
