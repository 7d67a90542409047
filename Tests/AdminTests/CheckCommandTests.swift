import Testing

@testable import Admin

/// `sluice check` tells everything at once.
@Suite struct CheckCommandTests {
    private static func settings(_ split: String, _ more: String = "") -> String {
        """
        listeners:
          api: {address: 127.0.0.1:8000, split: kong}
        upstreams:
          x: {targets: [127.0.0.1:9001]}
          y: {targets: [127.0.0.1:9002]}
        splits:
          kong: \(split)
        admin:
          address: 127.0.0.1:9901
          tokens:
            - {name: one, file: one.token}
            - {name: two, file: two.token}
        otlp:
          endpoint: http://127.0.0.1:4318
          headers_file: otlp.headers
        \(more)

        """
    }

    private static func errors(_ text: String, _ files: [String: String] = [:]) throws -> [String] {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "sluice.yaml")
        for (name, text) in files { try folder.write(text, to: name) }
        return CheckCommand.findings(config: "\(folder.path)/sluice.yaml", environment: [:]).errors
            .map { $0.replacing("\(folder.path)/", with: "") }
    }

    @Test func `files of tokens and fields are looked at whatever else is wrong`() throws {
        for split in ["{x: 1, y: 1}", "{x: -1, y: 1}"] {
            let errors = try Self.errors(
                Self.settings(split), ["otlp.headers": "fine: yes\nnonsense\n"])
            for start in [
                "sluice.yaml:11:19: the token one: one.token: ",
                "sluice.yaml:12:19: the token two: two.token: ",
                "sluice.yaml:15:3: otlp.headers:2: there is no colon",
            ] {
                #expect(errors.contains { $0.hasPrefix(start) }, "\(start) in \(errors)")
            }
            #expect(errors.count == (split.contains("-1") ? 4 : 3), "\(errors)")
        }
        let missing = try Self.errors(Self.settings("{x: 1, y: 1}"))
        #expect(
            missing.contains { $0.hasPrefix("sluice.yaml:15:3: otlp.headers: ") }, "\(missing)")
    }

    @Test func `two tokens that are the same are told at the second`() throws {
        let errors = try Self.errors(
            Self.settings("{x: 1, y: 1}"),
            [
                "one.token": "0123456789abcdef\n", "two.token": "0123456789abcdef\n",
                "otlp.headers": "",
            ])
        #expect(
            errors == [
                "sluice.yaml:12:19: the token two: two.token: it is the same as that of one"
            ])
    }

    @Test func `a weight with a fault hides nothing else of its split`() throws {
        let errors = try Self.errors(
            Self.settings(
                "{weights: {x: -1, y: 1}, stable: z, sticky: {by: [nonsense], secret_file: 7, "
                    + "more: 1}}"),
            [
                "one.token": "0123456789abcdef\n", "two.token": "0123456789abcdeg\n",
                "otlp.headers": "",
            ])
        for words in ["`x`: ", "`stable` is `z`", "nonsense", "`secret`", "`more`"] {
            #expect(errors.contains { $0.contains(words) }, "\(words) in \(errors)")
        }
    }
}
