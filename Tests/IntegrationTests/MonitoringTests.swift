import Foundation
import Testing

/// conf/prometheus and conf/grafana: read by promtool, and by a Prometheus that looks at a running
/// proxy.
@Suite(.ownThreads)
struct MonitoringTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let rules = "\(root)/conf/prometheus/rules.yaml"
    private static let hasPrometheus = FileManager.default.isExecutableFile(
        atPath: "/usr/bin/prometheus")

    @Test(
        .enabled(if: hasPrometheus, "no Prometheus here"),
        arguments: [
            ["check", "rules", rules],
            ["test", "rules", "\(root)/conf/prometheus/rules_test.yaml"],
        ])
    func `promtool has nothing against the rules`(_ words: [String]) throws {
        let result = try ChildProcess.run(["promtool"] + words)
        #expect(result.status == 0, "\(result.output) \(result.errors)")
    }

    @Test(.enabled(if: hasPrometheus, "no Prometheus here"))
    func `the Prometheus of the containers is set up as it reads it`() throws {
        let folder = try TemporaryFolder()
        for (from, to) in [
            (Self.rules, "rules.yaml"),
            ("\(Self.root)/docker/kong-upgrade/prometheus.yaml", "prometheus.yml"),
        ] {
            try FileManager.default.copyItem(atPath: from, toPath: folder[to])
        }
        let result = try ChildProcess.run([
            "promtool", "check", "config", folder["prometheus.yml"],
        ])
        #expect(result.status == 0 && result.output.contains("24 rules"), "\(result.errors)")
    }

    @Test(.enabled(if: hasPrometheus, "no Prometheus here"))
    func `promtool refuses a rule that nobody could work out`() throws {
        let folder = try TemporaryFolder()
        let text = try String(contentsOfFile: Self.rules, encoding: .utf8)
        try folder.write(text.replacing("== 0", with: "=== 0"), to: "rules.yaml")
        let result = try ChildProcess.run(["promtool", "check", "rules", folder["rules.yaml"]])
        #expect(result.status != 0)
    }

    @Test func `dashboard and rules ask for metrics that there are, and for every alert's words`()
        throws
    {
        let declared = try Self.declaredNames()
        let recorded = try Self.recordedNames()
        let texts = try Self.expressions()
        #expect(texts.count > 60)
        for text in texts {
            let names = Self.names(in: text)
            #expect(!names.isEmpty, "\(text)")
            for name in names {
                #expect(declared.contains(name) || recorded.contains(name), "\(name)")
            }
        }
        let rules = try String(contentsOfFile: Self.rules, encoding: .utf8)
        let tests = try String(
            contentsOfFile: "\(Self.root)/conf/prometheus/rules_test.yaml", encoding: .utf8)
        let alerts = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
        for alert in alerts {
            // It is told, and before it is time it is not.
            #expect(tests.contains("alertname: \(alert)\n        exp_alerts:\n"), "\(alert)")
            #expect(tests.contains("alertname: \(alert), exp_alerts: []"), "\(alert)")
        }
    }

    @Test func `every panel has a place of its own and says what it shows`() throws {
        let file = URL(filePath: "\(Self.root)/conf/grafana/sluice.json")
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        let dashboard = try #require(json as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        #expect(panels.count > 25)
        #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
        var taken: Set<[Int]> = []
        for panel in panels {
            let title = panel["title"] as? String ?? "?"
            let place = try #require(panel["gridPos"] as? [String: Int])
            let (x, y) = (try #require(place["x"]), try #require(place["y"]))
            for column in x..<x + (place["w"] ?? 0) {
                for row in y..<y + (place["h"] ?? 0) {
                    #expect(column < 24 && taken.insert([column, row]).inserted, "\(title)")
                }
            }
            guard panel["type"] as? String != "row" else { continue }
            #expect((panel["description"] as? String)?.hasSuffix(".") == true, "\(title)")
            #expect((panel["targets"] as? [Any])?.isEmpty == false, "\(title)")
        }
    }

    /// Of these a proxy tells only when it has a certificate, a tripwire, or lost something.
    private static let unseen: Set<String> = [
        "sluice_certificate_expiry_seconds", "sluice_tripwire_alarm", "sluice_guard_refused_total",
        "sluice_upstream_errors_total", "sluice_upstream_queue_refused_total",
        "sluice_kong_responses_total", "sluice_target_state_changes_total",
        "sluice_health_checks_total",
    ]

    @Test(.enabled(if: hasPrometheus, "no Prometheus here"), .timeLimit(.minutes(5)))
    func `a Prometheus works out every expression over a running proxy`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        var settings = Settings(x: x.port, y: y.port)
        settings.upstreamMore = ", kong: true"
        settings.weightsFile = "kong: {x: 90, y: 10}\n"
        let sluice = try Sluice(settings)
        try sluice.folder.write(
            "splits: [kong]\nsteps: [{weight: 10, hold: 1h}]\n", to: "plan.yaml")
        let begun = try sluice.command("rollout", "start", sluice.folder["plan.yaml"])
        #expect(begun.status == 0, "\(begun.errors)")
        let prometheus = try Prometheus(rules: Self.rules, scraping: sluice.adminPort)
        let client = try sluice.connect()
        let expressions = try Self.expressions()
        // What is recorded comes some seconds after what it is made of.
        var missing = Set(expressions.flatMap(Self.names)).subtracting(Self.unseen)
        _ = try eventually {
            for _ in 1...20 { _ = try client.get() }
            let seen = try prometheus.names()
            missing = missing.filter { !seen.contains("\"\($0)\"") }
            return try missing.isEmpty
                && prometheus.ask("sluice:split_measured_ratio:rate5m").contains("\"y\"")
        }
        #expect(missing == [], "\(prometheus.log)")
        for text in expressions {
            let answer = try prometheus.ask(text)
            #expect(answer.hasPrefix(#"{"status":"success""#), "\(text): \(answer)")
        }
        let share = try prometheus.ask("sluice_split_weight_ratio{upstream=\"y\"}")
        #expect(share.contains("\"0.1\""), "\(share)")
        #expect(try prometheus.ask("rate(").contains("parse error"))
        #expect(try prometheus.ask("ALERTS{alertstate=\"firing\"}").contains(#""result":[]"#))
    }

    /// What the dashboard's panels, variables and annotations ask, and what rules and alerts do.
    private static func expressions() throws -> [String] {
        let dashboard = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(filePath: "\(root)/conf/grafana/sluice.json")))
        var texts: [String] = []
        collect(dashboard, into: &texts)
        let rules = try String(contentsOfFile: Self.rules, encoding: .utf8)
        // One line, or a block that is indented further.
        for match in rules.matches(of: /\n( +)expr: (?:\|\n((?:\1 .*\n)+)|(.*))/) {
            texts.append(String(match.2 ?? match.3 ?? ""))
        }
        return texts.map { text in
            ["$__rate_interval": "1m", "$instance": ".*", "$split": ".*"].reduce(text) {
                $0.replacing($1.key, with: $1.value)
            }
        }
    }

    private static func collect(_ value: Any, into texts: inout [String]) {
        if let list = value as? [Any] { for element in list { collect(element, into: &texts) } }
        guard let object = value as? [String: Any] else { return }
        if let text = object["expr"] as? String { texts.append(text) }
        // A variable has the values of a label: `label_values(NAME, LABEL)`.
        let query = object["query"] as? String
        if let match = query?.firstMatch(of: /^label_values\(([^,]+),/) {
            texts.append(String(match.1))
        }
        for (_, value) in object { collect(value, into: &texts) }
    }

    private static func names(in text: String) -> Set<String> {
        Set(text.matches(of: /\b(sluice[_:][a-z0-9_:]+|process_[a-z_]+|up\b)/).map { String($0.1) })
    }

    private static func recordedNames() throws -> Set<String> {
        let rules = try String(contentsOfFile: Self.rules, encoding: .utf8)
        return Set(rules.matches(of: /record: (\S+)/).map { String($0.1) })
    }

    /// The names in the sources of the metrics page, with those of histograms.
    private static func declaredNames() throws -> Set<String> {
        let folder = "\(root)/Sources/Telemetry"
        var names: Set<String> = ["up"]
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            for match in text.matches(of: /"((?:sluice|process)_[a-z0-9_]+)"/) {
                let name = String(match.1)
                names.formUnion([
                    name, "\(name)_bucket", "\(name)_seconds_bucket", "\(name)_quantile_seconds",
                ])
            }
        }
        return names
    }
}

/// Debian's Prometheus, looking at one proxy.
private final class Prometheus {
    private let folder: TemporaryFolder
    private let child: ChildProcess
    private let port: UInt16

    var log: String { (try? folder.read("errors")) ?? "" }

    init(rules: String, scraping port: UInt16) throws {
        folder = try TemporaryFolder()
        self.port = try LoopbackAddress.freePort()
        try folder.write(
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
            rule_files: ["\(rules)"]
            scrape_configs:
              - job_name: sluice
                static_configs: [{targets: ["127.0.0.1:\(port)"]}]
            """, to: "prometheus.yml")
        child = try ChildProcess.start(
            [
                "/usr/bin/prometheus", "--config.file=\(folder["prometheus.yml"])",
                "--storage.tsdb.path=\(folder["data"])",
                "--web.listen-address=127.0.0.1:\(self.port)", "--log.level=warn",
            ], listeningOn: self.port, in: folder)
    }

    /// The names of all that it has seen, as JSON.
    func names() throws -> String {
        try Wire(port: port).get("/api/v1/label/__name__/values").text
    }

    /// The answer to a query, as JSON.
    func ask(_ text: String) throws -> String {
        let query = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return try Wire(port: port).get("/api/v1/query?query=\(query)").text
    }
}
