/// Why a request to an Admin API counts as one that writes.
package enum WriteSign: Sendable, Equatable, CaseIterable {
    /// Its method is none that only reads, and its path none at which it does so all the same.
    case method
    /// Its path may mean another one to whoever reads it next.
    case path
    /// Its target is more, or less, than a path.
    case target
    /// It asks for another protocol, whose messages would pass unseen.
    case upgrade
    /// A field of it may stand in for the method.
    case methodOverride
}

/// What a guard before Kong's Admin API asks of a head. Everything that is not known to be
/// harmless writes.
extension RequestHead {
    /// Why the request writes; nil: it only reads. It is decided on the bytes that go on to the
    /// target: method, path and fields are passed on as they are.
    package func writeSign(
        _ bytes: Span<UInt8>, allowing allowed: AllowedRequests
    ) -> WriteSign? {
        guard form == .origin else { return .target }
        if fields.facts.upgradeCount > 0 || fields.facts.saysUpgrade { return .upgrade }
        if overridesMethod(bytes) { return .methodOverride }
        let path = pathWithoutQuery(bytes)
        guard isPlain(bytes, path) else { return .path }
        switch method {
        case .get, .head, .options: return nil
        case .post, .put, .delete, .connect, .trace, .patch, .other: break
        }
        // What has a query is another request than the one that is let through.
        guard path == pathRange else { return .method }
        if method == .post, isValidation(bytes, path) { return nil }
        if method == .put, isLogLevel(bytes, path) { return nil }
        if allowed.contains(bytes, method: methodRange, path: path) { return nil }
        return .method
    }

    /// The names of the fields by which the client may have said who it is; their values are
    /// nobody's business.
    package func credentialNames(_ bytes: Span<UInt8>) -> [String] {
        let known = [
            "authorization", "cookie", "kong-admin-token", "kong-admin-user", "apikey", "x-api-key",
            "proxy-authorization", "x-auth-token",
        ]
        return known.filter { name in
            for index in 0..<fields.count
            where Self.isName(bytes, fields[index].name, like: name) {
                return true
            }
            return false
        }
    }

    private func pathWithoutQuery(_ bytes: Span<UInt8>) -> ByteRange {
        var end = pathRange.start
        while end < pathRange.end, bytes[end] != UInt8(ascii: "?") { end &+= 1 }
        return ByteRange(pathRange.start, end)
    }

    /// Whether a path means one thing to everybody: no segment that is empty or leads elsewhere,
    /// nothing encoded, no parameters.
    private func isPlain(_ bytes: Span<UInt8>, _ path: ByteRange) -> Bool {
        guard !path.isEmpty, bytes[path.start] == ByteClass.slash else { return false }
        var segment = path.start &+ 1
        for at in path.start &+ 1..<path.end {
            switch bytes[at] {
            case ByteClass.slash:
                if at == segment || isDots(bytes, segment, at) { return false }
                segment = at &+ 1
            case UInt8(ascii: "."):
                if bytes[at &- 1] == UInt8(ascii: ".") { return false }
            case let byte:
                guard Self.isPlain(byte) else { return false }
            }
        }
        return !isDots(bytes, segment, path.end)
    }

    private func isDots(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        end == start &+ 1 && bytes[start] == UInt8(ascii: ".")
    }

    /// RFC 3986, 3.3: what a segment may have as it is, but for `;`.
    private static func isPlain(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        if letter &- 0x61 < 26 || ByteClass.isDigit(byte) { return true }
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "@"),
            UInt8(ascii: ":"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="):
            return true
        default:
            return false
        }
    }

    /// `/schemas/ENTITY/validate`, and nothing that only looks like it.
    private func isValidation(_ bytes: Span<UInt8>, _ path: ByteRange) -> Bool {
        let before: StaticString = "/schemas/"
        let behind: StaticString = "/validate"
        let entity = ByteRange(
            path.start &+ before.utf8CodeUnitCount, path.end &- behind.utf8CodeUnitCount)
        guard entity.count > 0, entity.count <= 64,
            Self.starts(bytes, path, with: "/schemas/"),
            Self.starts(bytes, ByteRange(entity.end, path.end), with: "/validate")
        else { return false }
        for at in entity.start..<entity.end {
            let isName =
                bytes[at] &- 0x61 < 26 || bytes[at] == UInt8(ascii: "_")
                || bytes[at] == UInt8(ascii: "-") || ByteClass.isDigit(bytes[at])
            guard isName else { return false }
        }
        return true
    }

    /// The level of this node's own log, which no other node takes over.
    private func isLogLevel(_ bytes: Span<UInt8>, _ path: ByteRange) -> Bool {
        let base = "/debug/node/log-level"
        guard Self.starts(bytes, path, with: base) else { return false }
        let rest = ByteRange(path.start &+ base.utf8.count, path.end)
        if rest.isEmpty { return true }
        let levels = [
            "/debug", "/info", "/notice", "/warn", "/error", "/crit", "/alert", "/emerg",
        ]
        return levels.contains {
            rest.count == $0.utf8.count && Self.starts(bytes, rest, with: $0)
        }
    }

    private static func starts(
        _ bytes: Span<UInt8>, _ range: ByteRange, with text: String
    ) -> Bool {
        var at = range.start
        for byte in text.utf8 {
            guard at < range.end, bytes[at] == byte else { return false }
            at &+= 1
        }
        return true
    }

    /// Some frameworks take the method out of a field. Every spelling of such a name counts.
    private func overridesMethod(_ bytes: Span<UInt8>) -> Bool {
        let names = ["x-http-method-override", "x-http-method", "x-method-override"]
        for index in 0..<fields.count {
            let name = fields[index].name
            for known in names where Self.isName(bytes, name, like: known) { return true }
        }
        return false
    }

    private static func isName(
        _ bytes: Span<UInt8>, _ name: ByteRange, like text: String
    ) -> Bool {
        guard name.count == text.utf8.count else { return false }
        var at = name.start
        for byte in text.utf8 {
            guard ByteClass.foldedInName(bytes[at]) == byte else { return false }
            at &+= 1
        }
        return true
    }
}
