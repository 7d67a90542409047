import Foundation
import Testing

@testable import Settings

/// docs/settings.md and docs/plans.md: their tables are those of the keys that the readers take.
/// SLUICE_WRITE_GUIDE=1 writes them there.
struct ReferenceTests {
    /// The tables of a document, and how a row of them is written.
    struct Reference: Sendable, CustomTestStringConvertible {
        let path: String
        let tables: [KeyTable]
        /// The heading whose table is that of the whole file, and that table's place.
        let first: (heading: String, place: String)
        let head: String
        let row: @Sendable (SettingKey) -> String
        var testDescription: String { path }

        static let settings = Reference(
            path: "docs/settings.md", tables: KeyTable.settings, first: ("## The file", ""),
            head: "| key | what it is | values | preset | SIGHUP |\n|---|---|---|---|---|",
            row: { $0.row })
        static let plans = Reference(
            path: "docs/plans.md", tables: KeyTable.plans, first: ("## The plan", "plan"),
            head: "| key | what it is | values | preset |\n|---|---|---|---|",
            row: { $0.rowOfPlan })
    }

    @Test(arguments: [Reference.settings, .plans])
    func `the tables of a reference are made of the keys`(reference: Reference) throws {
        let path = repositoryPath(reference.path)
        let bytes = try DiskFiles.read(path).get()
        let document = String(decoding: bytes, as: UTF8.self)
        let (text, places) = Self.rewritten(document, reference)
        #expect(places == reference.tables.map(\.place))
        if ProcessInfo.processInfo.environment["SLUICE_WRITE_GUIDE"] != nil {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } else {
            #expect(text == document, "SLUICE_WRITE_GUIDE=1 writes what the keys say")
        }
    }

    @Test func `a table is noticed that tells something else`() throws {
        let text = "## `log`\n\n| key | what it is |\n|---|---|\n| `level` | old |\n\nend\n"
        let (rewritten, places) = Self.rewritten(text, .settings)
        #expect(places == ["log"])
        #expect(rewritten.contains("least important level"))
        #expect(!rewritten.contains("old") && rewritten.hasSuffix("\n\nend\n"))
    }

    @Test func `every place that a key leads to has a table`() {
        let places = Set((KeyTable.settings + KeyTable.plans).map(\.place))
        #expect(places.count == KeyTable.settings.count + KeyTable.plans.count)
        for key in (KeyTable.settings + KeyTable.plans).flatMap(\.keys) {
            for place in Self.places(of: key.form) {
                #expect(places.contains(place), "\(key.name): \(place)")
            }
        }
    }

    /// The document with the tables of the keys, and the places of those that it has.
    private static func rewritten(
        _ document: String, _ reference: Reference
    ) -> (text: String, places: [String]) {
        var lines: [Substring] = []
        var places: [String] = []
        var place: String?
        var isInTable = false
        for line in document.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("## ") {
                place = line.firstMatch(of: /`([^`]*)`/).map { String($0.1) }
                if line == reference.first.heading { place = reference.first.place }
            }
            let table = reference.tables.first { $0.place == place }
            guard line.hasPrefix("|"), let table else {
                isInTable = false
                lines.append(line)
                continue
            }
            if !isInTable {
                isInTable = true
                places.append(table.place)
                lines += reference.head.split(separator: "\n")
                lines += table.keys.map { Substring(reference.row($0)) }
            }
        }
        return (lines.joined(separator: "\n"), places)
    }

    private static func places(of form: KeyForm) -> [String] {
        switch form {
        case .table(let place): [place]
        case .byName(let form, _): places(of: form)
        case .named(let form, _), .list(let form, _), .some(let form, _): places(of: form)
        case .either(let forms): forms.flatMap { places(of: $0) }
        default: []
        }
    }
}
