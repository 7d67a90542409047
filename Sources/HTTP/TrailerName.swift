/// Which fields a trailer section must not carry (RFC 9110, 6.5.1): a receiver that merges trailers
/// into the head would take them for what the head said.
enum TrailerName {
    /// Whether a name is dropped; one with `_` for `-` counts as the name it looks like.
    static func isForbidden(_ bytes: Span<UInt8>, _ name: ByteRange) -> Bool {
        let (known, _) = Grammar.shared.lookUp(bytes, name.start, name.end)
        if NameSet.forbiddenInTrailers.contains(NameSet(known)) { return true }
        if begins(bytes, name, with: "x-forwarded-") { return true }
        if begins(bytes, name, with: "x-client-cert-") { return true }
        for other in others where other.utf8.count == name.count {
            if begins(bytes, name, with: other) { return true }
        }
        return false
    }

    /// Conditions and ranges, authentication, and what says how a response is to be treated: the
    /// names beside those that `FieldName` has.
    private static let others = [
        "age", "expires", "if-match", "if-modified-since", "if-none-match", "if-range",
        "if-unmodified-since", "location", "pragma", "proxy-authenticate",
        "proxy-authentication-info", "proxy-authorization", "range", "retry-after", "vary", "via",
        "warning", "www-authenticate",
    ]

    /// Whether a name begins with these letters, whatever their case.
    static func begins(
        _ bytes: Span<UInt8>, _ name: ByteRange, with word: String
    ) -> Bool {
        guard name.count >= word.utf8.count else { return false }
        var at = name.start
        for letter in word.utf8 {
            if ByteClass.foldedInName(bytes[at]) != letter { return false }
            at &+= 1
        }
        return true
    }
}
