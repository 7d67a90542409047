import Yams

extension SettingsDocument {
    /// Whom traces are told; nil: nobody.
    mutating func readTraces(_ field: Field?) -> TraceSettings? {
        guard let field, let fields = fields(of: field.value, keys: .otlp) else { return nil }
        let endpoint = httpURL(
            required("endpoint", of: fields, owner: "`otlp`", at: field.key),
            such: "http://127.0.0.1:4318/v1/traces")
        var settings = TraceSettings(endpoint: endpoint.map(Self.traceEndpoint) ?? "")
        let name = value(
            fields["service_name"],
            expected: "a text of up to \(Limits.tagBytes) bytes on one line"
        ) { text -> String? in
            let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
            return isPlain && (1...Limits.tagBytes).contains(text.utf8.count) ? text : nil
        }
        replace(&settings.serviceName, with: name)
        let sample = value(
            fields["sample"], expected: "a percentage from 0% to 100%, such as 0.5%"
        ) { text -> Double? in
            guard text.hasSuffix("%"), let number = Self.decimal(text.dropLast()),
                (0...100).contains(number)
            else { return nil }
            return number / 100
        }
        replace(&settings.sample, with: sample)
        settings.headersFile = path(fields["headers_file"])
        replace(
            &settings.intervalMilliseconds,
            with: duration(fields["interval"], from: Limits.traceIntervalMilliseconds))
        guard let endpoint else { return nil }
        if let node = fields["headers_file"]?.key, !endpoint.hasPrefix("https:"),
            !Self.isOfThisMachine(endpoint)
        {
            faults.warn(
                "the fields are sent to \(quoted(endpoint)) without encryption", at: node)
        }
        return settings
    }

    /// Without a path, the one that collectors listen at.
    private static func traceEndpoint(_ url: String) -> String {
        let rest = url.drop { $0 != ":" }.dropFirst("://".count)
        return rest.contains("/") ? url : url + "/v1/traces"
    }
}
