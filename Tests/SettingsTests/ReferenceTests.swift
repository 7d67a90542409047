import Foundation
import Testing

@testable import Settings

/// docs/settings.md: its tables are those of the keys that the reader takes. SLUICE_WRITE_GUIDE=1
/// writes them there.
struct ReferenceTests {
    private static let path = repositoryPath("docs/settings.md")

    @Test func `the tables of the settings are made of the keys`() throws {
        let bytes = try DiskFiles.read(Self.path).get()
        let document = String(decoding: bytes, as: UTF8.self)
        let (text, places) = Self.rewritten(document)
        #expect(places == KeyTable.settings.map(\.place))
        if ProcessInfo.processInfo.environment["SLUICE_WRITE_GUIDE"] != nil {
            try text.write(toFile: Self.path, atomically: true, encoding: .utf8)
        } else {
            #expect(text == document, "SLUICE_WRITE_GUIDE=1 writes what the keys say")
        }
    }

    @Test func `a table is noticed that tells something else`() throws {
        let text = "## `log`\n\n| key | what it is |\n|---|---|\n| `level` | old |\n\nend\n"
        let (rewritten, places) = Self.rewritten(text)
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
    private static func rewritten(_ document: String) -> (text: String, places: [String]) {
        var lines: [Substring] = []
        var places: [String] = []
        var place: String?
        var isInTable = false
        for line in document.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("## ") {
                place = line.firstMatch(of: /`([^`]*)`/).map { String($0.1) }
                if line == "## The file" { place = "" }
            }
            let table = KeyTable.settings.first { $0.place == place }
            guard line.hasPrefix("|"), let table else {
                isInTable = false
                lines.append(line)
                continue
            }
            if !isInTable {
                isInTable = true
                places.append(table.place)
                lines += [
                    "| key | what it is | values | preset | SIGHUP |", "|---|---|---|---|---|",
                ]
                lines += table.keys.map { Substring($0.row) }
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
