import Foundation
import Testing

/// The package for Debian: made of the binary under test, checked by lintian, installed into a
/// folder and started from there.
@Suite(.serialized, .ownThreads)
struct PackageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private static let isDebian = FileManager.default.isExecutableFile(atPath: "/usr/bin/dpkg-deb")
    private static let hasLintian = FileManager.default.isExecutableFile(
        atPath: "/usr/bin/lintian")

    /// A release has Swift's libraries inside; what is built for debugging could not be installed.
    private static let isRelease: Bool = {
        let libraries = try? ChildProcess.run(["ldd", Sluice.binary])
        return libraries.map { !$0.output.contains("libswift") } ?? false
    }()

    /// Made once, and gone at the end.
    private static let made = make()

    private static func make() -> (folder: TemporaryFolder, path: String)? {
        guard let folder = try? TemporaryFolder() else { return nil }
        var options = ["DEB_OPTIONS": "-Zgzip -z1"]
        if !isRelease { options["SHLIBDEPS_OPTIONS"] = "--ignore-missing-info" }
        let result = try? ChildProcess.run(
            ["\(root)/scripts/build-deb", Sluice.binary, folder.path], environment: options,
            within: 300)
        guard let result, result.status == 0 else {
            Issue.record("no package: \(result?.errors ?? "")")
            return nil
        }
        return (folder, result.output.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test(
        .enabled(if: hasLintian && isRelease, "no lintian, or no release"),
        .timeLimit(.minutes(10)))
    func `lintian has nothing against the package`() throws {
        let package = try #require(Self.made)
        let result = try ChildProcess.run(
            ["lintian", "--allow-root", "--fail-on", "error,warning", package.path], within: 300)
        #expect(result.status == 0 && result.output == "", "\(result.output)\(result.errors)")
    }

    @Test(.enabled(if: isDebian, "no dpkg"), .timeLimit(.minutes(10)))
    func `the package has all that a service has`() throws {
        let package = try #require(Self.made)
        let version = try ChildProcess.run([Sluice.binary, "version"]).output
        let field = { name in
            try ChildProcess.run(["dpkg-deb", "--field", package.path, name]).output
        }
        #expect("sluice \(try field("Version"))" == version.replacing("\n", with: "-1\n"))
        #expect(try field("Depends").contains("libssl3"))
        let folder = try TemporaryFolder()
        _ = try ChildProcess.run(["dpkg-deb", "--raw-extract", package.path, folder["root"]])
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder["root"])
        for path in [
            "usr/bin/sluice", "etc/sluice/sluice.yaml", "usr/share/sluice/weights.yaml",
            "usr/share/man/man1/sluice.1.gz", "usr/share/man/man5/sluice.yaml.5.gz",
            "usr/share/zsh/vendor-completions/_sluice",
            "usr/share/fish/vendor_completions.d/sluice.fish",
            "usr/share/bash-completion/completions/sluice", "usr/share/sluice/schema/config.json",
            "usr/share/doc/sluice/changelog.Debian.gz", "usr/share/doc/sluice/copyright",
        ] {
            #expect(files.contains(path), "\(path)")
        }
        #expect(
            try folder.read("root/DEBIAN/conffiles")
                == "/etc/sluice/sluice.yaml\n")
        let examples = folder["root/usr/share/doc/sluice/examples"]
        for name in ["sluice.yaml", "minimal.yaml"] {
            let check = try ChildProcess.run(
                [Sluice.binary, "check", "--config", "\(examples)/\(name)"],
                environment: ["STICKY_SECRET": "0123456789abcdef0123456789abcdef"])
            #expect(check.status == 0, "\(check.errors)")
        }
        let units = "\(Self.root)/conf/systemd"
        for unit in (try? FileManager.default.contentsOfDirectory(atPath: units)) ?? []
        where !unit.hasSuffix(".sysusers") {
            #expect(files.contains("lib/systemd/system/\(unit)"), "\(unit)")
        }
        for kind in ["config", "weights", "plan"] {
            #expect(
                try folder.read("root/usr/share/sluice/schema/\(kind).json")
                    == ChildProcess.run([Sluice.binary, "schema", kind]).output, "\(kind)")
        }
        try checkTexts(folder["root/usr/share"])
        try checkKeys(folder["root/usr/share"])
    }

    @Test(.enabled(if: isDebian, "no dpkg"), .timeLimit(.minutes(10)))
    func `the same binary and commit are the same package`() throws {
        let package = try #require(Self.made)
        let again = try #require(Self.make())
        #expect(try Data(contentsOf: URL(filePath: package.path)).count > 1_000_000)
        #expect(
            FileManager.default.contentsEqual(atPath: package.path, andPath: again.path))
    }

    /// Every command stands in sluice(1) with its options, every key in sluice.yaml(5).
    private func checkKeys(_ share: String) throws {
        let escaped = { (text: String) in text.replacing("-", with: "\\-") }
        let page = try ChildProcess.run(["zcat", "\(share)/man/man1/sluice.1.gz"]).output
        let dump = try ChildProcess.run([Sluice.binary, "--experimental-dump-help"]).output
        let tool = try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any]
        let commands = Self.commands(
            try #require(tool?["command"] as? [String: Any]), path: "sluice")
        #expect(commands.count > 30)
        let sections = page.components(separatedBy: "\n.SS ")
        for (name, options) in commands {
            let section = sections.first { $0.hasPrefix("\\fB\(escaped(name))\\fR") } ?? ""
            #expect(!section.isEmpty, "\(name)")
            for option in options {
                #expect(section.contains("\\fB\(escaped("--\(option)"))\\fR"), "\(name) \(option)")
            }
        }
        let settings = try ChildProcess.run(["zcat", "\(share)/man/man5/sluice.yaml.5.gz"]).output
        let guide = try String(contentsOfFile: "\(Self.root)/docs/settings.md", encoding: .utf8)
        let keys = guide.matches(of: /\n\| `([a-z_]+)` \|/).map { String($0.1) }
        #expect(keys.count > 150)
        let entries = settings.replacing("\\&", with: "").components(separatedBy: "\n.TP\n")
        for key in Set(keys) {
            let told = entries.count { $0.hasPrefix("\\fB\(key)\\fR\n") }
            #expect(told == keys.count { $0 == key }, "\(key)")
        }
    }

    /// The commands that have none below them, each with its long options.
    private static func commands(
        _ command: [String: Any], path: String
    ) -> [(name: String, options: [String])] {
        let below = (command["subcommands"] as? [[String: Any]] ?? []).filter {
            $0["shouldDisplay"] as? Bool == true && $0["commandName"] as? String != "help"
        }
        if below.isEmpty {
            let arguments = command["arguments"] as? [[String: Any]] ?? []
            let names = arguments.filter { $0["shouldDisplay"] as? Bool == true }
                .flatMap { $0["names"] as? [[String: Any]] ?? [] }
                .filter { $0["kind"] as? String == "long" }.compactMap { $0["name"] as? String }
            return [(path, names.filter { !["help", "version"].contains($0) })]
        }
        return below.flatMap { commands($0, path: "\(path) \($0["commandName"] ?? "")") }
    }

    /// What the program's parser knows stands in the page and in the completions; shells read them.
    private func checkTexts(_ share: String) throws {
        let page = try ChildProcess.run(["zcat", "\(share)/man/man1/sluice.1.gz"]).output
        let settings = try ChildProcess.run(["zcat", "\(share)/man/man5/sluice.yaml.5.gz"]).output
        let help = try ChildProcess.run([Sluice.binary, "--help"]).output
        let commands = help.split(separator: "\n").drop { !$0.hasPrefix("SUBCOMMANDS:") }
            .compactMap { $0.firstMatch(of: #/^  ([a-z]+) /#).map { String($0.1) } }
        #expect(commands.count > 12)
        let completion = "\(share)/bash-completion/completions/sluice"
        let words = try String(contentsOfFile: completion, encoding: .utf8)
        for command in commands {
            #expect(page.contains("sluice \(command)"), "\(command)")
            #expect(words.contains(command), "\(command)")
        }
        #expect(try ChildProcess.run(["bash", "-n", completion]).status == 0)
        for key in ["inflight_per_target", "weights_file", "path_prefix", "shutdown_grace"] {
            #expect(settings.contains(key), "\(key)")
        }
        for text in [page, settings] {
            let lines = text.split(separator: "\n")
            #expect(lines.first?.hasPrefix(".TH SLUICE") == true)
            #expect(!text.contains("](") && !text.contains("`"))
        }
    }

    @Test(.enabled(if: isDebian, "no dpkg"), .timeLimit(.minutes(10)))
    func `what is installed runs, moves a tenth over, and can be taken away`() throws {
        // Only root's dpkg runs the package's scripts.
        guard geteuid() == 0 else { return try playUnpacked() }
        let package = try #require(Self.made)
        let folder = try TemporaryFolder()
        for name in ["etc", "run", "tmp", "var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            try folder.makeFolder(name)
        }
        try folder.write("", to: "var/lib/dpkg/status")
        let dpkg = { (words: [String]) in
            try ChildProcess.run(
                [
                    "dpkg", "--root=\(folder.path)", "--force-script-chrootless",
                    "--force-depends", "--log=/dev/null",
                ] + words, within: 300)
        }
        let installed = try dpkg(["--install", package.path])
        #expect(installed.status == 0, "\(installed.errors)")
        #expect(try folder.read("etc/passwd").contains("sluice:"))
        let weights = try FileManager.default.attributesOfItem(atPath: folder["etc/sluice/weights"])
        #expect(weights[.ownerAccountID] as? Int != 0)

        try play(in: folder)

        // An upgrade keeps what was changed, and who was given the weights.
        #expect(unsafe chown(folder["etc/sluice/weights"], 4_711, 4_711) == 0)
        let (settings, changed) = ("etc/sluice/sluice.yaml", "etc/sluice/weights/weights.yaml")
        let before = try (folder.read(settings), folder.read(changed))
        #expect(try dpkg(["--install", package.path]).status == 0)
        #expect(try (folder.read(settings), folder.read(changed)) == before)
        let kept = try FileManager.default.attributesOfItem(atPath: folder["etc/sluice/weights"])
        #expect(kept[.ownerAccountID] as? Int == 4_711)

        // What is taken away keeps the files of /etc and /var, what is purged does not.
        try folder.write("", to: "var/lib/sluice/state")
        try folder.write("hash\n", to: "etc/sluice/ops.token")
        let exists = { FileManager.default.fileExists(atPath: folder[$0]) }
        #expect(try dpkg(["--remove", "sluice"]).status == 0)
        #expect(!exists("usr/bin/sluice"))
        for path in [settings, changed, "var/lib/sluice/state"] { #expect(exists(path), "\(path)") }
        #expect(try dpkg(["--purge", "sluice"]).status == 0)
        #expect(!exists("var/lib/sluice"))
        // What somebody has put there stays.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder["etc/sluice"])
                == ["ops.token"])
    }

    private func playUnpacked() throws {
        let package = try #require(Self.made)
        let folder = try TemporaryFolder()
        let result = try ChildProcess.run(["dpkg-deb", "--extract", package.path, folder.path])
        #expect(result.status == 0, "\(result.errors)")
        for name in ["run", "var"] { try folder.makeFolder(name) }
        try folder.write(
            try folder.read("usr/share/sluice/weights.yaml"),
            to: "etc/sluice/weights/weights.yaml")
        try play(in: folder)
    }

    /// The installed program with the installed configuration, at free ports and below the folder.
    private func play(in folder: TemporaryFolder) throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        var text = try folder.read("etc/sluice/sluice.yaml")
        for (from, to) in [
            ("127.0.0.1:8000", "127.0.0.1:0"), ("127.0.0.1:9901", "127.0.0.1:0"),
            ("127.0.0.1:9001", "127.0.0.1:\(x.port)"), ("127.0.0.1:9002", "127.0.0.1:\(y.port)"),
            ("/run/sluice/", folder["run/"]), ("/var/lib/sluice/", folder["var/"]),
        ] {
            #expect(text.contains(from), "\(from)")
            text.replace(from, with: to)
        }
        try folder.write(text, to: "etc/sluice/sluice.yaml")
        let program = folder["usr/bin/sluice"]
        let child = try ChildProcess(
            [program, "run", "--config", folder["etc/sluice/sluice.yaml"]],
            output: folder["output"], errors: folder["log"])
        defer { child.end() }
        let command = { (words: [String]) in
            try ChildProcess.run(
                [program] + words, environment: ["SLUICE_SOCKET": folder["run/sluice.sock"]])
        }
        #expect(try eventually { try command(["health", "--ready"]).status == 0 })
        let log = try folder.read("log")
        let line = log.split(separator: "\n").last { $0.contains("listener api: on ") }
        let port = try #require(line?.split(separator: ":").last.flatMap { UInt16($0) })

        #expect(try Wire(port: port).get().text == "x")
        let moved = try command(["split", "kong", "x=90", "y=10"])
        #expect(moved.status == 0, "\(moved.errors)")
        let client = try Wire(port: port)
        let answers = try (1...100).map { _ in try client.get().text }
        #expect(8...12 ~= answers.count { $0 == "y" })
        #expect(try folder.read("etc/sluice/weights/weights.yaml").contains("{x: 90, y: 10}"))
        child.signal(SIGTERM)
        #expect(try child.waitForExit() == 0)
    }
}
