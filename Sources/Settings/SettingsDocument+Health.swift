import Yams

extension SettingsDocument {
    /// How targets are checked: a mapping, or its kind alone; nil when they are not.
    mutating func readHealth(_ field: Field?) -> HealthSettings? {
        guard let field else { return nil }
        if case .scalar = field.value { return healthKind(field).map { HealthSettings(kind: $0) } }
        guard var fields = fields(of: field.value, keys: .health) else { return nil }
        let kind = healthKind(required("kind", of: fields, owner: "`health`", at: field.key))
        if let kind, kind != .http { refuseRequest(&fields, of: kind) }
        var health = HealthSettings(kind: kind ?? .http)
        health.port = integer(fields["port"], in: 1...Int(UInt16.max)).map(UInt16.init)
        replace(&health.path, with: requestPath(fields["path"]))
        replace(&health.method, with: requestMethod(fields["method"]))
        replace(
            &health.intervalMilliseconds,
            with: duration(fields["interval"], from: Limits.healthIntervalMilliseconds))
        // A shorter interval lowers the preset of what must fit into it.
        health.timeoutMilliseconds = min(health.timeoutMilliseconds, health.intervalMilliseconds)
        replace(&health.timeoutMilliseconds, with: duration(fields["timeout"], from: 1))
        replace(&health.rise, with: integer(fields["rise"], in: Limits.checksInARow))
        replace(&health.fall, with: integer(fields["fall"], in: Limits.checksInARow))
        replace(&health.expect, with: readExpectation(fields["expect"], method: health.method))
        checkTimeout(of: health, fields["timeout"])
        return health
    }

    private mutating func healthKind(_ field: Field?) -> HealthSettings.Kind? {
        guard let field else { return nil }
        let kinds = HealthSettings.Kind.allCases.map(\.rawValue)
        guard case .scalar = field.value else {
            faults.add("`kind` is \(field.value.found); expected \(listed(kinds))", at: field.value)
            return nil
        }
        guard let text = text(of: field.value) else { return nil }
        if let kind = HealthSettings.Kind(rawValue: text) { return kind }
        let wrong = text.isEmpty ? "empty" : quoted(text)
        let advice = NearestWord.advice(text, among: kinds)
        faults.add("`\(field.name)` is \(wrong); \(advice)", at: field.value)
        return nil
    }

    /// What only a check by a request of one's own has.
    private mutating func refuseRequest(
        _ fields: inout [String: Field],
        of kind: HealthSettings.Kind
    ) {
        let reason = kind == .tcp ? "only connects" : "knows itself what to ask"
        for name in ["path", "method", "expect"] {
            guard let field = fields.removeValue(forKey: name) else { continue }
            faults.add(
                "`\(name)` is not for `kind: \(kind.rawValue)`, which \(reason); "
                    + "expected `kind: http` with it",
                at: field.key)
        }
    }

    mutating func requestPath(_ field: Field?) -> String? {
        value(
            field,
            expected: "a path such as /healthz: a `/` and ASCII without spaces and `#`, at most "
                + "\(Limits.healthPathBytes) bytes"
        ) { text in
            let isFine =
                text.hasPrefix("/") && text.utf8.count <= Limits.healthPathBytes
                && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }
            return isFine ? text : nil
        }
    }

    mutating func requestMethod(_ field: Field?) -> String? {
        value(field, expected: "GET, HEAD or OPTIONS, which change nothing") { text in
            ["GET", "HEAD", "OPTIONS"].contains(text) ? text : nil
        }
    }

    private mutating func checkTimeout(of health: HealthSettings, _ field: Field?) {
        guard health.timeoutMilliseconds > health.intervalMilliseconds, let field else { return }
        let timeout = DurationText.text(health.timeoutMilliseconds)
        let interval = DurationText.text(health.intervalMilliseconds)
        faults.add(
            "`timeout` is \(timeout), and a check begins every \(interval); "
                + "expected no more than `interval`",
            at: field.value)
    }

    private mutating func readExpectation(
        _ field: Field?,
        method: String
    ) -> HealthSettings.Expectation? {
        guard let field, let fields = fields(of: field.value, keys: .expectation) else {
            return nil
        }
        var expectation = HealthSettings.Expectation()
        replace(&expectation.statuses, with: readStatuses(fields["status"]))
        expectation.json = value(
            fields["json"],
            expected: "NAME.NAME == VALUE, such as database.reachable == true; a value is true, "
                + "false, null, a number or a text in double quotes",
            parse: HealthSettings.JSONCondition.init(parsing:))
        if method != "GET", let node = fields["json"]?.value {
            faults.add(
                "`json` looks into an answer's body, and `method` is \(method); "
                    + "expected `method: GET`",
                at: node)
        }
        return expectation
    }

    /// One status or range, or a list of them.
    private mutating func readStatuses(_ field: Field?) -> [ClosedRange<Int>]? {
        guard let field else { return nil }
        guard case .sequence(let nodes) = field.value else {
            return status(field.value).map { [$0] }
        }
        guard (1...Limits.statusRanges).contains(nodes.count) else {
            faults.add(
                "`status` has \(nodes.count) entries; expected 1 to \(Limits.statusRanges)",
                at: field.value)
            return nil
        }
        return nodes.compactMap { status($0) }
    }

    private mutating func status(_ node: Node) -> ClosedRange<Int>? {
        let range = Limits.finalStatuses
        let bounds = "from \(range.lowerBound) to \(range.upperBound)"
        return value(
            of: node, called: "status",
            expected: "a status \(bounds), or a range such as 200-399"
        ) { text in
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { DecimalNumber.parse($0) }
            guard numbers.count == parts.count, numbers.allSatisfy(range.contains),
                (1...2).contains(numbers.count), numbers[0] <= numbers[numbers.count - 1]
            else { return nil }
            return numbers[0]...numbers[numbers.count - 1]
        }
    }

    /// When a target is passed over for what its traffic shows; nil: never.
    mutating func readEjection(_ field: Field?) -> EjectionSettings? {
        guard let field, let fields = fields(of: field.value, keys: .ejection) else { return nil }
        var ejection = EjectionSettings()
        replace(
            &ejection.consecutive, with: integer(fields["consecutive"], in: Limits.failuresInARow))
        replace(&ejection.baseMilliseconds, with: duration(fields["base"], from: 1))
        replace(&ejection.maxSharePercent, with: percent(fields["max_share"], in: 1...100))
        return ejection
    }
}
