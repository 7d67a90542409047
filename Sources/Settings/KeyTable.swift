/// The keys of one kind of mapping: those that work and those reserved for later. The reader takes
/// no key that is not here; docs/settings.md and the schemas are made of what is said here.
struct KeyTable: Sendable {
    /// The mapping's name in errors, with its article: `a listener`.
    let owner: String
    /// Where such a mapping stands: `listeners.NAME.timeouts`; empty for the file itself.
    let place: String
    let keys: [SettingKey]
    let known: [String]
    let later: [String]
    /// Such a mapping, where a look at one helps more than the names.
    let example: String?

    init(
        owner: String, at place: String, keys: [SettingKey], later: [String] = [],
        example: String? = nil
    ) {
        self.owner = owner
        self.place = place
        self.keys = keys
        known = keys.map(\.name)
        self.later = later
        self.example = example
    }

    /// Every mapping of sluice.yaml with fixed keys, as docs/settings.md tells of them.
    static let settings: [KeyTable] = [
        .top, .listener, .route, .listenerGuard, .listenerTLS, .certificate, .listenerTimeouts,
        .listenerLimits, .upstream, .upstreamTLS, .target, .upstreamTimeouts, .upstreamLimits,
        .retries, .health, .expectation, .ejection, .upstreamAdmin, .split, .sticky, .pin, .when,
        .upgrade, .smokeRequest, .smokeComparison, .control, .admin, .adminTLS,
        .token, .accessLog, .log, .statsd, .otlp,
    ]

    /// The key that a text is or probably means; nil when it is like none.
    func meant(by key: String) -> String? {
        let keys = known + later
        return keys.contains(key) ? key : NearestWord.of(key, among: keys)
    }

    /// What is wrong with a key that does not work.
    func complaint(about key: String) -> String {
        if later.contains(key) { return "\(quoted(key)) is not supported yet" }
        let wrong = "\(quoted(key)) is not a key of \(owner)"
        if let colon = key.firstIndex(of: ":"), known.contains(String(key[..<colon])) {
            return "\(wrong); expected a space behind the colon of `\(key[..<colon])`"
        }
        if let meant = meant(by: key) { return "\(wrong); did you mean `\(meant)`?" }
        return "\(wrong); expected \(known.joined(separator: ", "))"
    }
}

/// A key of a mapping and all that is told of it; the texts are Markdown, as a table's cells.
struct SettingKey: Sendable {
    /// What stands as preset of a key that has none and must be written.
    static let mustBeThere = "must be there"

    let name: String
    let form: KeyForm
    let meaning: String
    /// What may stand behind it, in words; what is in backquotes may be written just so.
    let values: String
    /// What holds for a key that is left out; what is in backquotes may be written just so.
    let preset: String
    /// Whether SIGHUP changes it.
    let reload: String

    init(
        _ name: String, _ form: KeyForm, is meaning: String, values: String,
        preset: String = mustBeThere, reload: String = "yes"
    ) {
        self.name = name
        self.form = form
        self.meaning = meaning
        self.values = values
        self.preset = preset
        self.reload = reload
    }

    var isRequired: Bool { preset == Self.mustBeThere }

    /// Its row in a table of docs/settings.md.
    var row: String {
        "\(rowOfPlan) \(reload) |"
    }

    /// Its row in a table of docs/plans.md: a plan is read once.
    var rowOfPlan: String { "| `\(name)` | \(meaning) | \(values) | \(preset) |" }
}
