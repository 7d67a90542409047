import Yams

/// Who the process is, how it logs, and whom it pushes metrics to.
extension SettingsDocument {
    /// Whose rights the process has; nil: those that it was started with.
    mutating func readIdentity(_ fields: [String: Field]) -> IdentitySettings? {
        let user = identityName(fields["user"], expected: "the name of a user, or its number")
        let group = identityName(fields["group"], expected: "the name of a group, or its number")
        if let field = fields["group"], fields["user"] == nil {
            faults.add("`group` needs `user`; expected both, or `user` alone", at: field.key)
        }
        return user.map { IdentitySettings(user: $0, group: group) }
    }

    private mutating func identityName(
        _ field: Field?, expected: String
    ) -> IdentitySettings.Name? {
        guard let field else { return nil }
        let text = value(field, expected: expected) { text in
            text.isEmpty || text.contains { $0.isWhitespace || $0 == ":" || $0 == "/" }
                ? nil : text
        }
        let place = field.value.position
        return text.map { IdentitySettings.Name($0, line: place.line, column: place.column) }
    }

    /// The least important level that is logged, and how lines are written.
    mutating func readLog(_ field: Field?) -> (level: LogLevel, format: LogFormat) {
        guard let field, let fields = fields(of: field.value, keys: .log) else {
            return (.info, .text)
        }
        let format = value(
            fields["format"], expected: listed(LogFormat.allCases.map(\.rawValue)),
            parse: LogFormat.init)
        return (logLevel(fields["level"]) ?? .info, format ?? .text)
    }

    private mutating func logLevel(_ field: Field?) -> LogLevel? {
        guard let field, let text = text(of: field.value) else { return nil }
        if let level = LogLevel(rawValue: text) { return level }
        let levels = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
        faults.add("\(quoted(text)) is not a log level; expected \(levels)", at: field.value)
        return nil
    }

    /// Whom metrics are pushed to; nil: nobody.
    mutating func readStatsD(_ field: Field?) -> StatsDSettings? {
        guard let field, let fields = fields(of: field.value, keys: .statsd) else { return nil }
        let addressField = required("address", of: fields, owner: "`statsd`", at: field.key)
        let address = statsDAddress(addressField)
        var settings = StatsDSettings(address: address ?? AddressSetting(host: .any, port: 0))
        let prefix = value(
            fields["prefix"],
            expected: "up to \(Limits.nameBytes) letters, digits, `_`, `-` and `.`"
        ) { Self.isName($0) && !$0.hasSuffix(".") ? $0 : nil }
        replace(&settings.prefix, with: prefix)
        let format = value(
            fields["format"], expected: listed(StatsDSettings.Format.allCases.map(\.rawValue)),
            parse: StatsDSettings.Format.init)
        replace(&settings.format, with: format)
        replace(
            &settings.intervalMilliseconds,
            with: duration(fields["interval"], from: Limits.statsDIntervalMilliseconds))
        replace(&settings.datagramBytes, with: size(fields["datagram"], in: Limits.datagramBytes))
        settings.tags = readTags(fields["tags"])
        return address == nil ? nil : settings
    }

    private mutating func statsDAddress(_ field: Field?) -> AddressSetting? {
        value(field, expected: "HOST:PORT, such as 127.0.0.1:8125") { text in
            guard let address = try? AddressSetting(parsing: text), address.host != .any,
                address.port > 0
            else { return nil }
            return address
        }
    }

    /// What would end a tag, or a line, may stand in none.
    private mutating func readTags(_ field: Field?) -> [StatsDSettings.Tag] {
        guard let field else { return [] }
        let entries = faults.entries(
            of: field.value, owner: "`tags`", expected: "a mapping of names to values")
        guard let entries else { return [] }
        guard entries.count <= Limits.tags else {
            faults.add(
                "there are \(entries.count) tags; expected at most \(Limits.tags)", at: field.key)
            return []
        }
        return entries.compactMap { entry in
            guard Self.isName(entry.name) else {
                faults.add(
                    "\(quoted(entry.name)) is not a name; expected up to \(Limits.nameBytes) "
                        + "letters, digits, `_`, `-`, `.`", at: entry.key)
                return nil
            }
            let value = value(
                entry,
                expected: "a text of up to \(Limits.tagBytes) bytes without spaces, `,`, `|`, `#`"
            ) { text in
                let isPlain = text.unicodeScalars.allSatisfy {
                    !$0.properties.isWhitespace && $0.value > 0x20
                        && !",|#".unicodeScalars.contains($0)
                }
                return isPlain && (1...Limits.tagBytes).contains(text.utf8.count) ? text : nil
            }
            return value.map { StatsDSettings.Tag(name: entry.name, value: $0) }
        }
    }
}
