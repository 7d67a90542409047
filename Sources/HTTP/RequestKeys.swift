internal import Bytes

/// Where to look for what tells one client from another, in its order, laid out flat.
package struct RequestKeys: ~Copyable {
    /// One place to look at.
    package enum Source: Sendable {
        /// A field, its name in lower case, or a cookie.
        case header(String)
        case cookie(String)
        /// The client's address.
        case client
    }

    /// What was found.
    package enum Found: Equatable, Sendable {
        case nothing
        /// A text, at these bytes: never empty.
        case text(ByteRange)
        case client
    }

    // Not private: the compiler fails in other modules that destroy a table of private elements.
    struct Place {
        enum Kind { case header, cookie, client }

        let kind: Kind
        let name: ByteRange
    }

    private let places: Table<Place>
    private let names: Buffer
    /// Whether the client's address is one of the places.
    package let asksForClient: Bool

    package init(_ sources: [Source] = []) {
        var names: [UInt8] = []
        var places: [Place] = []
        for source in sources {
            let start = names.count
            let kind: Place.Kind
            switch source {
            case .header(let name):
                kind = .header
                names += Array(name.utf8)
            case .cookie(let name):
                kind = .cookie
                names += Array(name.utf8)
            case .client: kind = .client
            }
            places.append(Place(kind: kind, name: ByteRange(start, names.count)))
        }
        let laidOut = places
        self.places = Table(count: laidOut.count) { laidOut[$0] }
        var buffer = Buffer(capacity: max(1, names.count))
        buffer.append(names.span)
        self.names = buffer
        asksForClient = places.contains { $0.kind == .client }
    }

    /// The first key that there is; one without a byte counts as none. Of a field or cookie that
    /// is there several times the first one with a value counts.
    package func find(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, isTrusted: Bool
    ) -> Found {
        for index in 0..<places.count {
            switch places[index].kind {
            case .header:
                var lines = FieldValues(isTrusted: isTrusted)
                while let value = lines.next(
                    head.fields, bytes, named: names.bytes, places[index].name)
                {
                    if !value.isEmpty { return .text(value) }
                }
            case .cookie:
                if let value = cookie(places[index].name, head, bytes) { return .text(value) }
            case .client:
                return .client
            }
        }
        return .nothing
    }

    private func cookie(
        _ name: ByteRange, _ head: borrowing RequestHead, _ bytes: Span<UInt8>
    ) -> ByteRange? {
        guard head.fields.present.contains(NameSet(.cookie)) else { return nil }
        var lines = FieldValues(isTrusted: false)
        while let line = lines.nextCookie(head.fields) {
            var pairs = CookiePairs(of: line)
            while let pair = pairs.next(bytes) {
                let isIt = ByteText.areEqual(bytes, pair.name, names.bytes, name)
                if isIt, !pair.value.isEmpty { return pair.value }
            }
        }
        return nil
    }
}
