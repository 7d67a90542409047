import Testing

@testable import Settings

/// docs/settings.md against the reader: its keys, its examples and bounds, its presets.
struct DocumentationTests {
    /// A row of a table: a key and what is said of it.
    struct Row {
        let place: String
        let key: String
        /// What stands in backquotes under `values` and under `preset`.
        let values: [String]
        let presets: [String]
        let range: String

        var path: String { place + key }
    }

    func rows() throws -> [Row] {
        let bytes = try DiskFiles.read(repositoryPath("docs/settings.md")).get()
        var place = ""
        var rows: [Row] = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("## ") { place = quotes(line).first.map { $0 + "." } ?? "" }
            let cells = line.split(separator: " | ", omittingEmptySubsequences: false)
            guard line.hasPrefix("| `"), cells.count == 5, let key = quotes(cells[0]).first else {
                continue
            }
            #expect(["yes", "no"].contains(cells[4].prefix { $0.isLetter }), "\(line)")
            rows.append(
                Row(
                    place: place, key: key, values: quotes(cells[2]), presets: quotes(cells[3]),
                    range: String(cells[2])))
        }
        return rows
    }

    private func quotes(_ text: Substring) -> [String] {
        text.matches(of: /`([^`]*)`/).map { String($0.1) }
    }

    /// A file that says `key: value` at a place, or nothing there.
    func text(_ row: Row, _ value: String?) -> String {
        let said = Entry(key: row.key, text: value.map { "\(row.key): \($0)" })
        return switch row.place.prefix(while: { $0 != "." }) {
        case "listeners": said.inListener(at: row.place)
        case "upstreams": said.inUpstream(at: row.place)
        case "splits": said.inSplit(at: row.place)
        default: said.elsewhere(at: row.place)
        }
    }

    func read(_ row: Row, _ value: String?) -> Snapshot? {
        let files = files([
            "sluice.yaml": text(row, value), "weights.yaml": "kong: {x: 90, y: 10}",
        ])
        let reading = try? SettingsReader.read("sluice.yaml", environment: [:], files: files)
        return reading.flatMap { $0.weights.errors.isEmpty ? $0.snapshot : nil }
    }

    @Test func `every key that works is told of, and no other`() throws {
        let paths = try rows().map(\.path)
        #expect(paths.count == Set(paths).count)
        let known = keyTables.flatMap { place, table in table.known.map { place + $0 } }
        #expect(Set(paths) == Set(known))
    }

    @Test func `what it gives as values is taken`() throws {
        let rows = try rows()
        #expect(rows.flatMap(\.values).count > 80)
        for row in rows {
            for value in row.values {
                #expect(read(row, value) != nil, "\(row.path): \(value)")
            }
        }
    }

    @Test func `what it gives as presets is what holds without the key`() throws {
        let rows = try rows().filter { !$0.presets.isEmpty }
        #expect(rows.count > 30)
        for row in rows {
            let said = read(row, row.presets[0])
            #expect(said != nil && said == read(row, nil), "\(row.path): \(row.presets)")
        }
    }

    @Test func `nothing beyond its bounds is taken`() throws {
        var bounds = 0
        for row in try rows() where row.range.contains("` to `") {
            for (value, step) in zip(row.values, [-1, 1]) {
                guard let beyond = moved(value, by: step) else { continue }
                #expect(read(row, beyond) == nil, "\(row.path): \(beyond)")
                bounds += 1
            }
        }
        #expect(bounds > 50)
    }

    /// `64KiB` and one more are `65KiB`; nil below 0.
    private func moved(_ value: String, by step: Int) -> String? {
        let digits = value.prefix { $0.isNumber }
        guard let number = Int(digits), number + step >= 0 else { return nil }
        return "\(number + step)\(value.dropFirst(digits.count))"
    }
}

/// What a file says at one place.
private struct Entry {
    let key: String
    /// `key: value`; nil: nothing.
    let text: String?

    /// The mapping that the entry belongs to, with what must stand in it besides.
    func mapping(_ required: (key: String, value: String)...) -> String {
        let others = required.filter { $0.key != key || text == nil }
        let entries = others.map { "\($0.key): \($0.value)" } + [text].compactMap(\.self)
        return "{" + entries.joined(separator: ", ") + "}"
    }

    func inListener(at place: String) -> String {
        func listener(_ more: String) -> String {
            settingsText(listener: "api: {address: a:1, split: kong, \(more)}")
        }
        return switch place {
        case "listeners.NAME.routes[].":
            listener("routes: [\(mapping(("split", "kong"), ("when", "{method: GET}")))]")
        case "listeners.NAME.timeouts.": listener("timeouts: \(mapping())")
        case "listeners.NAME.limits.": listener("limits: \(mapping())")
        case "listeners.NAME.guard.":
            settingsText(
                listener: "api: {address: a:1, split: own, guard: "
                    + mapping(("kind", "kong_admin"), ("split", "kong"), ("upstream", "x")) + "}",
                split: "kong: {x: 90, y: 10}\n  own: {x: 1}")
        case "listeners.NAME.tls.":
            listener(
                "tls: "
                    + mapping(
                        ("certificates", "[{certificate: c, key: k}]"), ("client_ca", "ca")))
        case "listeners.NAME.tls.certificates[].":
            listener(
                "tls: {certificates: [\(mapping(("certificate", "c.pem"), ("key", "k.pem")))]}")
        case "listeners.NAME.":
            settingsText(listener: "api: \(mapping(("address", "a:1"), ("split", "kong")))")
        default: elsewhere(at: place)
        }
    }

    func inUpstream(at place: String) -> String {
        func upstream(_ more: String) -> String {
            settingsText(upstream: "x: {targets: [a:1], \(more)}")
        }
        return switch place {
        case "upstreams.NAME.": settingsText(upstream: "x: \(mapping(("targets", "[a:1]")))")
        case "upstreams.NAME.targets[].":
            settingsText(upstream: "x: {targets: [\(mapping(("address", "a:1")))]}")
        case "upstreams.NAME.timeouts.": upstream("timeouts: \(mapping())")
        case "upstreams.NAME.limits.": upstream("limits: \(mapping())")
        case "upstreams.NAME.retries.": upstream("retries: \(mapping())")
        case "upstreams.NAME.health.": upstream("health: \(mapping(("kind", "http")))")
        case "upstreams.NAME.health.expect.":
            upstream("health: {kind: http, expect: \(mapping())}")
        case "upstreams.NAME.ejection.": upstream("ejection: \(mapping())")
        case "upstreams.NAME.admin.": upstream("admin: \(mapping(("url", "\"https://a:1\"")))")
        case "upstreams.NAME.tls.":
            if key.hasPrefix("client_") {
                upstream(
                    "tls: "
                        + mapping(("client_certificate", "c.pem"), ("client_key", "k.pem")))
            } else {
                upstream("tls: \(mapping())")
            }
        default: elsewhere(at: place)
        }
    }

    func inSplit(at place: String) -> String {
        func split(_ more: String) -> String {
            settingsText(split: "kong: {weights: {x: 90, y: 10}, \(more)}")
        }
        return switch place {
        case "splits.NAME.":
            settingsText(split: "kong: \(mapping(("weights", "{x: 90, y: 10}")))")
        case "splits.NAME.sticky.":
            split("sticky: \(mapping(("by", "client_ip"), ("secret", "0123456789abcdef")))")
        case "splits.NAME.pins[].":
            split("pins: [\(mapping(("when", "{method: GET}"), ("upstream", "y")))]")
        case "splits.NAME.pins[].when.": split("pins: [{when: \(mapping()), upstream: y}]")
        case "splits.NAME.upgrade.": split("upgrade: \(mapping())")
        case "splits.NAME.upgrade.smoke[].":
            split("upgrade: {smoke: [\(mapping(("path", "/")))]}")
        case "splits.NAME.upgrade.smoke[].compare.":
            split(
                "upgrade: {smoke: [{path: /, compare: "
                    + (key == "ignore" ? mapping(("json", "true")) : mapping()) + "}]}")
        default: elsewhere(at: place)
        }
    }

    func elsewhere(at place: String) -> String {
        switch place {
        case "control.": settingsText(rest: "control: \(mapping(("socket", "s")))")
        case "admin.": settingsText(rest: "admin: \(mapping(("address", "a:2")))")
        case "admin.tls.":
            settingsText(
                rest: "admin: {address: a:2, tls: "
                    + mapping(("certificate", "c"), ("key", "k")) + "}")
        case "admin.tokens[].":
            settingsText(
                rest: "admin: {address: a:2, tokens: ["
                    + mapping(("name", "ops"), ("file", "t")) + "]}")
        case "access_log.": settingsText(rest: "access_log: \(mapping(("to", "stdout")))")
        case "log.": settingsText(rest: "log: \(mapping())")
        case "statsd.": settingsText(rest: "statsd: \(mapping(("address", "a:1")))")
        case "otlp.": settingsText(rest: "otlp: \(mapping(("endpoint", "\"http://a:1\"")))")
        case "" where key == "group" && text != nil:
            settingsText(rest: "user: kong\n\(text ?? "")")
        default: settingsText(rest: text ?? "")
        }
    }
}
