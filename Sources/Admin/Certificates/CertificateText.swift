/// The certificates in use as people read them.
enum CertificateText {
    /// A table, and files that cannot be used; nothing where there are none.
    static func table(_ status: JSONValue) -> String {
        let certificates = status["certificates"]?.elements ?? []
        let faults = (status["certificate_faults"]?.elements ?? []).map(fault).joined()
        if certificates.isEmpty { return faults }
        // No column of numbers.
        var table = TextTable(
            ["certificate of", "names", "key", "expires", "file"], numbers: 9...9)
        for certificate in certificates {
            let owner = certificate["listener"]?.text ?? certificate["upstream"]?.text ?? "?"
            let names = (certificate["names"]?.elements ?? []).compactMap(\.text)
            let shown = names.prefix(3).joined(separator: " ") + (names.count > 3 ? " ..." : "")
            table.add([
                owner, shown, certificate["key"]?.text ?? "?",
                expiry(certificate["expires_in_seconds"]?.int ?? 0),
                certificate["certificate"]?.text ?? "?",
            ])
        }
        return table.text(indent: 0) + faults
    }

    private static func fault(_ fault: JSONValue) -> String {
        let owner =
            fault["listener"]?.text.map { "listener \($0)" }
            ?? "upstream \(fault["upstream"]?.text ?? "?")"
        return "\(owner): the files on disk cannot be used, those before them are in force\n"
            + "  \(fault["error"]?.text ?? "?")\n"
    }

    private static func expiry(_ seconds: Int) -> String {
        seconds <= 0 ? "HAS EXPIRED" : "in \(seconds / 86_400) days"
    }
}
