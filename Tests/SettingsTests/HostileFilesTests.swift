import Testing

@testable import Settings

/// Files that are no configuration at all: each gets a clean error, soon.
struct HostileFilesTests {
    @Test(arguments: [
        ("", "1:1: the file is empty; expected listeners, upstreams and splits"),
        ("# nothing\n", "1:1: the file is empty"),
        ("\u{feff}", "1:1: the file is empty"),
        ("- a", "1:1: the file is a list; expected a mapping of listeners, upstreams"),
        ("a", "1:1: the file is `a`; expected a mapping"),
        ("a: b: c", "1:5: not YAML: mapping values are not allowed in this context"),
        ("a: [", "2:1: not YAML"),
        (
            "a: \"",
            "1:5: not YAML: found unexpected end of stream while scanning a quoted scalar that "
                + "begins at 1:4"
        ),
        ("a:\n\tb: 1", "2:1: not YAML"),
        ("a: @b", "1:4: not YAML"),
        ("a: 1\n...\nb: 2", "3:1: "),
        ("a: 1\n---\nb: 2", "2:1: a second document begins; expected one document in the file"),
        ("%YAML 9.9\n---\na: 1", "1:1: not YAML"),
        ("\r\n\r\n@", "3:1: not YAML"),
        ("a: \u{85}@", "2:1: not YAML"),
    ])
    func `a text that is no settings file is refused`(text: String, expected: String) {
        let all = faults(text)
        #expect(all.first?.hasPrefix("sluice.yaml:\(expected)") == true, "\(all)")
    }

    @Test func `missing sections are all named`() {
        #expect(
            faults("workers: 1") == [
                "sluice.yaml:1:1: `upstreams` is missing; expected at least one upstream",
                "sluice.yaml:1:1: `splits` is missing; expected at least one split",
                "sluice.yaml:1:1: `listeners` is missing; expected at least one listener",
            ])
    }

    @Test func `empty sections are all named`() {
        #expect(
            faults("listeners: {}\nupstreams: {}\nsplits: {}") == [
                "sluice.yaml:1:1: there are 0 listeners; expected 1 to 64",
                "sluice.yaml:2:1: there are 0 upstreams; expected 1 to 1000",
                "sluice.yaml:3:1: there are 0 splits; expected 1 to 1000",
            ])
    }

    @Test func `more names than metrics can carry are refused at once`() {
        let listeners = (0...64).map { "a\($0): {address: a:0, split: kong}" }
        MarkedText(
            settingsText(listener: listeners.joined(separator: "\n  "))
                .replacing("listeners:", with: "^listeners:")
        ).expectFault("there are 65 listeners; expected 1 to 64")
        let upstreams = (0...1_000).map { "b\($0): {targets: [a:1]}" }
        MarkedText(
            settingsText(upstream: upstreams.joined(separator: "\n  "))
                .replacing("upstreams:", with: "^upstreams:")
        ).expectFault("there are 1002 upstreams; expected 1 to 1000")
    }

    @Test(
        arguments: [
            ([0x61, 0xff], 2), ([0x61, 0x0d, 0x0a, 0xc3, 0xa9, 0xc3], 2), ([0xed, 0xa0, 0x80], 1),
            ([0xff, 0xfe, 0x61, 0x00], 1), ([0xc0, 0x80], 1),
        ] as [([UInt8], Int)])
    func `bytes that are not UTF-8 are refused at their place`(bytes: [UInt8], column: Int) {
        let report = SettingsReader.check("f", environment: [:]) { _ in .success(bytes) }
        #expect(report.errors.count == 1)
        #expect(report.errors.first?.message == "a byte is not UTF-8; expected UTF-8")
        #expect(report.errors.first?.column == column)
    }

    @Test func `a replacement character is a character`() {
        #expect(faults("\u{fffd}: 1").first?.contains("`\u{fffd}` is not a key") == true)
    }

    @Test(arguments: [100, 999, 1_100, 100_000])
    func `deep nesting is refused`(depth: Int) {
        let open = String(repeating: "[", count: depth)
        #expect(faults("listeners: \(open)").count >= 1)
        let closed = open + String(repeating: "]", count: depth)
        #expect(faults("listeners: \(closed)").count >= 1)
        #expect(faults(String(repeating: "{a: ", count: depth)).count >= 1)
    }

    @Test(arguments: [
        "a: &a [x]\n", "? &a a\n: 1\n", "a: [&a x]", "a: {\"b\":&a x}", "a: {'b':&a x}",
        "- &a b", "a: \n  &a b", "a: 'it''s'\nb: &a x", "a: \"\\\"\"\nb: &a x", "a: x#\nb: &a y",
        "a: it's\nb: &a it's", "a: [[b],&a x]", "a: [[b]:&a x]", "a: {b: c}\nd: - &a e",
    ])
    func `anchors are refused wherever they stand`(text: String) {
        #expect(faults(text).first?.contains("`&` begins a YAML anchor here") == true)
    }

    @Test(arguments: [
        "a: b &c", "a: 'b'#&c", "a: \"b: &c\"", "# &a *b\na: 'x'", "a: b*", "a: x & y * z",
        "a: ['*', \"&\", a*b]", "a: 'it''s: &b'", "a: \"\\\\\\\" &a\"",
    ])
    func `the same characters inside texts pass`(text: String) {
        #expect(IndicatorScan.firstFinding(in: text) == nil)
    }

    @Test func `an alias bomb is refused before it grows`() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...40 {
            let alias = "*a\(level - 1)"
            let list = Array(repeating: alias, count: 9).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(list)]\n"
        }
        bomb += "? *a40\n: 1\n"
        #expect(faults(bomb).count == 1)
    }

    @Test func `a file that is too large is refused unread`() {
        let report = SettingsReader.check("f", environment: [:]) { _ in
            .success([UInt8](repeating: 0x23, count: (1 << 20) + 1))
        }
        #expect(
            report.errors.map(\.description) == [
                "f:1:1: the file is too large; expected at most 1 MiB"
            ])
    }

    @Test func `of thousands of faults the first hundred are told`() {
        let keys = (0..<5_000).map { "key\($0): 1\n" }.joined()
        let faults = faults(keys)
        #expect(faults.count == 101)
        #expect(faults.last?.description.hasSuffix("4903 more faults from here on") == true)
    }

    @Test func `a file that cannot be read is named`() {
        let report = SettingsReader.check("missing.yaml", environment: [:], files: files([:]))
        #expect(report.errors.map(\.description) == ["missing.yaml:1:1: no such file"])
    }

    @Test func `the disk says why a file cannot be read`() {
        let missing = DiskFiles.read("/nonexistent/sluice.yaml")
        #expect(missing == .failure(FileFault(message: "no such file; expected a file to read")))
        let folder = DiskFiles.read("/")
        let device = DiskFiles.read("/dev/null")
        let wrong = FileFault(message: "no regular file; expected a file to read")
        #expect(folder == .failure(wrong))
        #expect(device == .failure(wrong))
    }
}
