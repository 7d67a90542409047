import Foundation
import Testing

@testable import Settings

/// Whole files and the exact text of their faults: Golden/<name>.yaml and <name>.expected.
/// A weight file beside it is <name>.weights.
struct GoldenTests {
    private static let folder = repositoryPath("Tests/SettingsTests/Golden/")

    static let names: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: folder)
        return (files ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
            .sorted()
    }()

    @Test func `there are golden files`() {
        #expect(Self.names.count >= 10)
    }

    @Test(arguments: names)
    func `the faults of a file are these`(name: String) throws {
        let report = SettingsReader.check("\(name).yaml", environment: ["HOST": "10.0.0.1"]) {
            DiskFiles.read(Self.folder + $0)
        }
        let lines =
            report.errors.map(\.description) + report.warnings.map { "warning: \($0.description)" }
        let expected = try DiskFiles.read(Self.folder + "\(name).expected").get()
        #expect(
            lines.map { $0 + "\n" }.joined() == String(decoding: expected, as: UTF8.self))
    }
}
