internal import Bytes

/// Rules in their order, laid out flat once: a request is matched where its bytes lie, without a
/// copy and without memory of its own.
package struct RequestRules: ~Copyable {
    // Not private: the compiler fails in other modules that destroy a table of private elements.
    struct Rule {
        /// The terms up to here are conditions, from there up to the end exceptions.
        let start: Int
        let exceptions: Int
        let end: Int
    }

    struct Term {
        enum Subject {
            case header, cookie, query, client, method, pathPrefix, host, serverName
        }

        let subject: Subject
        let name: ByteRange
        let values: ByteRange
    }

    struct Value {
        var text = ByteRange.empty
        var network: UInt128 = 0
        var mask: UInt128 = 0
    }

    let rules: Table<Rule>
    let terms: Table<Term>
    let values: Table<Value>
    let texts: Buffer
    /// Whether any rule asks who the client is.
    package let asksForClient: Bool

    package init(_ rules: [RequestRule] = []) {
        var layout = Layout()
        for rule in rules { layout.add(rule) }
        let (ranges, terms, values) = (layout.rules, layout.terms, layout.values)
        self.rules = Table(count: ranges.count) { ranges[$0] }
        self.terms = Table(count: terms.count) { terms[$0] }
        self.values = Table(count: values.count) { values[$0] }
        var texts = Buffer(capacity: max(1, layout.texts.count))
        texts.append(layout.texts.span)
        self.texts = texts
        asksForClient = terms.contains { $0.subject == .client }
    }

    /// How many rules there are.
    package var count: Int { rules.count }

    /// Whether there is no rule.
    package var isEmpty: Bool { rules.count == 0 }

    /// The first rule that the request fulfils, nil for none; `bytes` are those that `head` was
    /// parsed from.
    package func firstMatch(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ origin: RequestOrigin
    ) -> Int? {
        for index in 0..<rules.count where holds(rules[index], head, bytes, origin) {
            return index
        }
        return nil
    }

    private func holds(
        _ rule: Rule, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ origin: RequestOrigin
    ) -> Bool {
        for index in rule.start..<rule.exceptions
        where !holds(terms[index], head, bytes, origin) {
            return false
        }
        if rule.exceptions == rule.end { return true }
        for index in rule.exceptions..<rule.end
        where !holds(terms[index], head, bytes, origin) {
            return true
        }
        return false
    }

    private func holds(
        _ term: Term, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ origin: RequestOrigin
    ) -> Bool {
        switch term.subject {
        case .header: return hasHeader(term, head, bytes, isTrusted: origin.isTrusted)
        case .cookie: return hasCookie(term, head, bytes)
        case .query: return hasParameter(term, head, bytes)
        case .client: return isClient(term, origin)
        // Known of connections only.
        case .serverName: return false
        case .method: return isAny(of: term, head.methodRange, bytes)
        case .pathPrefix:
            for index in term.values.start..<term.values.end
            where isBelow(values[index].text, head, bytes) {
                return true
            }
            return false
        case .host:
            let host = head.hostName(bytes)
            for index in term.values.start..<term.values.end
            where isHost(host, values[index].text, bytes) {
                return true
            }
            return false
        }
    }

    /// Whether a piece of the request is any of the values, byte for byte.
    private func isAny(of term: Term, _ range: ByteRange, _ bytes: Span<UInt8>) -> Bool {
        for index in term.values.start..<term.values.end
        where ByteText.areEqual(bytes, range, texts.bytes, values[index].text) {
            return true
        }
        return false
    }
}

extension RequestRules {
    private func hasHeader(
        _ term: Term, _ head: borrowing RequestHead, _ bytes: Span<UInt8>, isTrusted: Bool
    ) -> Bool {
        var lines = FieldValues(isTrusted: isTrusted)
        while let value = lines.next(head.fields, bytes, named: texts.bytes, term.name) {
            if term.values.isEmpty || isAny(of: term, value, bytes) { return true }
        }
        return false
    }

    private func hasCookie(
        _ term: Term, _ head: borrowing RequestHead, _ bytes: Span<UInt8>
    ) -> Bool {
        guard head.fields.present.contains(NameSet(.cookie)) else { return false }
        var lines = FieldValues(isTrusted: false)
        while let line = lines.nextCookie(head.fields) {
            var pairs = CookiePairs(of: line)
            while let pair = pairs.next(bytes) {
                guard ByteText.areEqual(bytes, pair.name, texts.bytes, term.name) else { continue }
                if term.values.isEmpty || isAny(of: term, pair.value, bytes) { return true }
            }
        }
        return false
    }

    private func hasParameter(
        _ term: Term, _ head: borrowing RequestHead, _ bytes: Span<UInt8>
    ) -> Bool {
        var pairs = QueryPairs(of: head.pathRange, bytes)
        while let pair = pairs.next(bytes) {
            guard QueryPairs.means(bytes, pair.name, texts.bytes, term.name) else { continue }
            if term.values.isEmpty { return true }
            for index in term.values.start..<term.values.end
            where QueryPairs.means(bytes, pair.value, texts.bytes, values[index].text) {
                return true
            }
        }
        return false
    }

    /// Whether a path is the prefix or stands below it: `/v1` has `/v1/a`, but not `/v10`. Without
    /// a path a request is for `/`, or for the server itself.
    private func isBelow(
        _ prefix: ByteRange, _ head: borrowing RequestHead, _ bytes: Span<UInt8>
    ) -> Bool {
        let end = RequestHead.endOfPath(head.pathRange, bytes)
        let path = ByteRange(head.pathRange.start, end)
        if path.isEmpty {
            let isOfServer = head.method == .options && head.pathRange.isEmpty
            return prefix.count == 1 && !isOfServer
        }
        guard path.count >= prefix.count else { return false }
        let front = ByteRange(path.start, path.start &+ prefix.count)
        guard ByteText.areEqual(bytes, front, texts.bytes, prefix) else { return false }
        return path.count == prefix.count || texts.bytes[prefix.end &- 1] == ByteClass.slash
            || bytes[front.end] == ByteClass.slash
    }

    func isHost(_ host: ByteRange, _ name: ByteRange, _ bytes: Span<UInt8>) -> Bool {
        guard texts.bytes[name.start] == UInt8(ascii: "*") else {
            return ByteText.areEqual(bytes, host, folded: texts.bytes, name)
        }
        let suffix = ByteRange(name.start &+ 1, name.end)
        guard host.count > suffix.count else { return false }
        let tail = ByteRange(host.end &- suffix.count, host.end)
        return ByteText.areEqual(bytes, tail, folded: texts.bytes, suffix)
    }
}

extension RequestRules {
    /// What the tables are made from.
    private struct Layout {
        var rules: [Rule] = []
        var terms: [Term] = []
        var values: [Value] = []
        var texts: [UInt8] = []

        mutating func add(_ rule: RequestRule) {
            let start = terms.count
            for condition in rule.conditions { add(condition) }
            let exceptions = terms.count
            for condition in rule.exceptions { add(condition) }
            rules.append(Rule(start: start, exceptions: exceptions, end: terms.count))
        }

        private mutating func add(_ condition: RequestRule.Condition) {
            switch condition {
            case .header(let name, let texts): add(.header, name, texts)
            case .cookie(let name, let texts): add(.cookie, name, texts)
            case .query(let name, let texts): add(.query, name, texts)
            case .method(let texts): add(.method, "", texts)
            case .pathPrefix(let texts): add(.pathPrefix, "", texts)
            case .host(let texts): add(.host, "", texts)
            case .serverName(let texts): add(.serverName, "", texts)
            case .client(let ranges):
                let values = ranges.map { Value(network: $0.network, mask: $0.mask) }
                add(.client, .empty, values)
            }
        }

        private mutating func add(_ subject: Term.Subject, _ name: String, _ texts: [String]) {
            let name = add(name)
            add(subject, name, texts.map { Value(text: add($0)) })
        }

        private mutating func add(_ subject: Term.Subject, _ name: ByteRange, _ added: [Value]) {
            let range = ByteRange(values.count, values.count + added.count)
            values += added
            terms.append(Term(subject: subject, name: name, values: range))
        }

        private mutating func add(_ text: String) -> ByteRange {
            let start = texts.count
            texts += Array(text.utf8)
            return ByteRange(start, texts.count)
        }
    }
}

extension RequestHead {
    /// The host without its port, and without the dot of a name that is whole.
    func hostName(_ bytes: Span<UInt8>) -> ByteRange {
        var end = hostRange.start
        if end < hostRange.end, bytes[end] == UInt8(ascii: "[") {
            while end < hostRange.end, bytes[end] != UInt8(ascii: "]") { end &+= 1 }
            return ByteRange(hostRange.start, min(end &+ 1, hostRange.end))
        }
        while end < hostRange.end, bytes[end] != ByteClass.colon { end &+= 1 }
        let hasDot = end > hostRange.start &+ 1 && bytes[end &- 1] == UInt8(ascii: ".")
        return ByteRange(hostRange.start, hasDot ? end &- 1 : end)
    }
}
