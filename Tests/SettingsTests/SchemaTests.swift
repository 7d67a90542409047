import Foundation
import Testing

@testable import Settings

/// What `sluice schema` prints, asked by a validator of JSON Schema: every example of the
/// repository passes, what the reader refuses by form does not.
struct SchemaTests {
    private struct Case: Encodable {
        let name: String
        let kind: String
        let text: String
        let isGood: Bool
        var isPart = false
    }

    /// Whether a validator can be had here.
    private static let hasValidator: Bool =
        (try? run([repositoryPath("scripts/install-checks")]))?.status == 0

    private static func run(_ words: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// What a validator says of the cases that are not as they should be.
    private func check(_ cases: [Case]) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let schemas = SettingsSchema.allCases.map { "\"\($0.rawValue)\": \($0.text)" }
        let list = String(decoding: try JSONEncoder().encode(cases), as: UTF8.self)
        let work = "{\"schemas\": {\(schemas.joined(separator: ","))}, \"cases\": \(list)}"
        try work.write(to: file, atomically: true, encoding: .utf8)
        let (status, output) = try Self.run([
            repositoryPath(".build-checks/bin/python3"),
            repositoryPath("Tests/SettingsTests/check_schema.py"), file.path,
        ])
        let lines = output.split(separator: "\n")
        #expect(status == 0 && lines.last == "\(cases.count) cases", "\(output)")
        for line in lines.dropLast() { Issue.record("\(line)") }
    }

    private func shipped(_ path: String, _ kind: String) throws -> Case {
        let bytes = try DiskFiles.read(repositoryPath(path)).get()
        return Case(
            name: path, kind: kind, text: String(decoding: bytes, as: UTF8.self), isGood: true)
    }

    private static let configurations = [
        "conf/sluice.yaml", "conf/minimal.yaml", "conf/tls.yaml", "conf/kong-upgrade/sluice.yaml",
        "conf/kong-hybrid/sluice.yaml", "docker/sluice.yaml", "packaging/sluice.yaml",
        "Tests/SettingsTests/Golden/everything.yaml", "Tests/SettingsTests/Golden/home.yaml",
    ]

    private static let weights = [
        "conf/weights.yaml", "conf/kong-upgrade/weights.yaml", "conf/kong-hybrid/weights.yaml",
        "docker/weights/weights.yaml", "docker/kong-upgrade/weights/weights.yaml",
        "packaging/weights.yaml", "Tests/SettingsTests/Golden/everything.weights",
    ]

    private static let plans = [
        "conf/rollout/plan.yaml", "Tests/SettingsTests/Golden/plans/sound.yaml",
    ]

    @Test(.enabled(if: hasValidator, "no validator here"), .timeLimit(.minutes(5)))
    func `every file that is shipped passes`() throws {
        let cases =
            try Self.configurations.map { try shipped($0, "config") }
            + Self.weights.map { try shipped($0, "weights") }
            + Self.plans.map { try shipped($0, "plan") }
            + [("configuration.yaml", "config"), ("weights.yaml", "weights")].map { name, kind in
                Case(name: name, kind: kind, text: try kubernetesText(name), isGood: true)
            }
        try check(cases)
    }

    /// The commented configuration with its comments taken off has nearly every key.
    @Test(.enabled(if: hasValidator, "no validator here"), .timeLimit(.minutes(5)))
    func `what documents show passes, and what is commented out`() throws {
        var cases: [Case] = []
        let commented = try shipped("conf/sluice.yaml", "config").text
        let active = commented.split(separator: "\n").map {
            $0.replacing(/^( *)# ( *[a-z_]+:( |$))/) { "\($0.1)\($0.2)" }
        }
        cases.append(
            Case(
                name: "comments", kind: "config", text: active.joined(separator: "\n"),
                isGood: true))
        let names = try FileManager.default.contentsOfDirectory(atPath: repositoryPath("docs"))
        for name in ["../README.md"] + names.filter({ $0.hasSuffix(".md") }).sorted() {
            let text = try shipped("docs/\(name)", "config").text
            for match in text.matches(of: /(?s)\n```yaml\n(.*?)\n```\n/) {
                cases += Self.parts(of: String(match.1), in: name)
            }
        }
        #expect(cases.count > 20)
        try check(cases)
    }

    /// A block, or each of its lines where they are alternatives.
    private static func parts(of block: String, in name: String) -> [Case] {
        let lines = block.split(separator: "\n").map(String.init)
        let keys = lines.filter { $0.first?.isLetter == true }.map { $0.prefix { $0 != ":" } }
        let texts = Set(keys).count == keys.count ? [block] : lines
        let kind = keys.contains("steps") ? "plan" : keys == ["kong"] ? "weights" : "config"
        return texts.map {
            Case(name: "\(name): \($0)", kind: kind, text: $0, isGood: true, isPart: true)
        }
    }

    @Test(.enabled(if: hasValidator, "no validator here"), .timeLimit(.minutes(5)))
    func `what the settings' tables give as values passes, other forms do not`() throws {
        let documentation = DocumentationTests()
        let rows = try documentation.rows()
        var cases: [Case] = []
        for row in rows {
            for value in row.values {
                cases.append(
                    Case(
                        name: "\(row.path): \(value)", kind: "config",
                        text: documentation.text(row, value), isGood: true))
            }
        }
        for (place, table) in keyTables {
            let unknown = DocumentationTests.Row(
                place: place, key: "nonsense", values: [], presets: [], range: "")
            cases.append(
                Case(
                    name: "\(place)nonsense", kind: "config",
                    text: documentation.text(unknown, "1"), isGood: false))
            for key in table.keys {
                let row = DocumentationTests.Row(
                    place: place, key: key.name, values: [], presets: [], range: "")
                let bad = Self.wrong(key.form)
                #expect(documentation.read(row, bad) == nil, "\(row.path): \(bad)")
                cases.append(
                    Case(
                        name: "\(row.path): \(bad)", kind: "config",
                        text: documentation.text(row, bad), isGood: false))
            }
        }
        #expect(cases.count > 300)
        try check(cases)
    }

    /// What a form never is.
    private static func wrong(_ form: KeyForm) -> String {
        switch form {
        case .duration, .size, .whole, .number, .percent, .flag, .words: "12 parsecs"
        case .table, .list, .byName, .named, .weights, .split: "12"
        case .some: "[[[]]]"
        case .text, .path, .name, .pattern, .either: "[{a: [1]}]"
        }
    }

    private static let bad: [(kind: String, text: String)] = [
        ("config", ""), ("config", "[]"), ("config", "listeners: {-a: {address: a:1, split: k}}"),
        ("config", "listeners: {}"),
        ("config", "listeners: {a: {address: a:1, split: k}}\nupstreams: {x: {targets: [a:1]}}"),
        ("weights", "kong: 90"), ("weights", "kong: {x: much}"), ("weights", "kong: {x: -1}"),
        ("weights", "kong: {x: 1000001}"), ("weights", "kong: {}"), ("weights", "{}"),
        ("weights", "kong: {x: \"${X}\"}"), ("weights", "kong: [90, 10]"),
        ("weights", "-kong: {x: 1}"), ("weights", "kong: {x: \"1.234\"}"),
        ("plan", "splits: [kong]"), ("plan", "steps: [{weight: 1, hold: 1s}]"),
        ("plan", "splits: [kong]\nsteps: []"), ("plan", "splits: [kong]\nsteps: [{weight: 1}]"),
        ("plan", "splits: [kong]\nsteps: [{weight: 101, hold: 1s}]"),
        ("plan", "splits: [kong]\nsteps: [{weight: 1, hold: 1}]"),
        ("plan", "splits: [kong]\nsteps: [{weight: 1, hold: 1s}]\njudge: {alpha: 0.5}"),
        ("plan", "splits: [kong]\nsteps: [{weight: 1, hold: 1s}]\non_breach: {errors: stop}"),
        ("plan", "splits: [kong]\nsteps: [{weight: 1, hold: 1s}]\nguard: {}"),
        (
            "plan",
            "splits: [kong]\nsteps: [{weight: 1, hold: 1s}]\nguards: {error_share: {above: 5}}"
        ),
    ]

    @Test(.enabled(if: hasValidator, "no validator here"), .timeLimit(.minutes(5)))
    func `what is written wrongly does not pass`() throws {
        let cases = Self.bad.map {
            Case(name: $0.kind, kind: $0.kind, text: $0.text, isGood: false)
        }
        try check(cases)
    }

    @Test(arguments: SettingsSchema.allCases)
    func `a schema is JSON and tells of its keys`(_ schema: SettingsSchema) throws {
        let object = try JSONSerialization.jsonObject(with: Data(schema.text.utf8))
        let root = try #require(object as? [String: Any])
        #expect(root["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        #expect(root["$defs"] as? [String: Any] != nil)
        guard schema != .weights else { return }
        let properties = try #require(root["properties"] as? [String: Any])
        let table = schema == .config ? KeyTable.top : KeyTable.plan
        #expect(Set(properties.keys) == Set(table.known))
        #expect(properties.values.allSatisfy { ($0 as? [String: Any])?["description"] != nil })
    }
}
