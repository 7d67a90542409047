import Yams

extension SettingsDocument {
    /// Where exchanges are written down: a mapping, or the place alone; nil: nowhere. No line may
    /// go into a file that has another purpose.
    mutating func readAccessLog(_ field: Field?, besides others: [String?]) -> AccessLogSettings? {
        guard let field else { return nil }
        if case .scalar = field.value {
            return destination(field, besides: others).map { AccessLogSettings(to: $0) }
        }
        guard let fields = fields(of: field.value, keys: .accessLog) else { return nil }
        let to = destination(
            required("to", of: fields, owner: "`access_log`", at: field.key), besides: others)
        let format = logFormat(fields["format"])
        return to.map { AccessLogSettings(to: $0, format: format ?? .json) }
    }

    /// A word alone is no path: it may be `off`, or a mistyped `stdout`.
    private mutating func destination(
        _ field: Field?,
        besides others: [String?]
    ) -> AccessLogSettings.Destination? {
        guard let field else { return nil }
        let folder = folder
        let destination: AccessLogSettings.Destination? = value(
            field,
            expected: "stdout or the path of a file, such as logs/access.log or ./access"
        ) { text in
            if text == "stdout" { return .standardOutput }
            let last = text.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
            guard text.contains("/") || text.contains("."), !["", ".", ".."].contains(last) else {
                return nil
            }
            return .file(text.hasPrefix("/") ? text : folder + text)
        }
        if case .file(let path) = destination, others.contains(path) {
            faults.add(
                "\(quoted(path)) has another purpose in this file; expected a file of its own",
                at: field.value)
        }
        return destination
    }

    private mutating func logFormat(_ field: Field?) -> AccessLogSettings.Format? {
        let formats = AccessLogSettings.Format.allCases.map(\.rawValue)
        return value(field, expected: listed(formats), parse: AccessLogSettings.Format.init)
    }
}
