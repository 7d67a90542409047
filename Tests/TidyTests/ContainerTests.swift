import Foundation
import Testing

/// The container's files, checked without an engine: what the image runs exists and works.
struct ContainerTests {
    private func lines(of path: String) throws -> [String] {
        try #require(Repository.read(path)).lines.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private func makeTargets() throws -> Set<String> {
        Set(
            try lines(of: "Makefile").filter { !$0.hasPrefix(".") && !$0.contains(":=") }
                .compactMap { $0.split(separator: ":", maxSplits: 1).first }
                .map(String.init))
    }

    @Test func `the image runs only targets of the Makefile and the packages script`() throws {
        let targets = try makeTargets()
        let commands = try lines(of: "docker/Dockerfile").filter { $0.hasPrefix("RUN ") }
            .map { $0.split(separator: " ").dropFirst().map(String.init) }
        #expect(commands.count == 3)
        for command in commands {
            let words = command.dropFirst().filter { !$0.contains("=") }
            #expect(!words.isEmpty)
            switch command.first {
            case "make":
                #expect(targets.isSuperset(of: words), "\(words)")
            case "scripts/install-packages":
                let script = try lines(of: "scripts/install-packages")
                #expect(words.allSatisfy { script.contains("\($0))") }, "\(words)")
            default:
                Issue.record("the image runs \(command)")
            }
        }
    }

    @Test func `what the image copies from its first stage is laid out there`() throws {
        let layout = try lines(of: "Makefile").filter { $0.contains("$(STAGE)") }.joined()
        let copied = try lines(of: "docker/Dockerfile").filter { $0.contains("--from=build") }
            .compactMap { $0.split(separator: " ").first { $0.hasPrefix("/stage/") } }
        #expect(copied.count == 3)
        for path in copied {
            #expect(layout.contains("$(STAGE)" + path.dropFirst("/stage".count)), "\(path)")
        }
    }

    @Test func `the image runs without rights and says when it is well`() throws {
        let lines = try lines(of: "docker/Dockerfile")
        #expect(lines.contains("USER 65532:65532"))
        #expect(lines.contains { $0.hasPrefix("HEALTHCHECK ") })
        #expect(lines.contains("STOPSIGNAL SIGTERM"))
        #expect(lines.contains { $0.hasPrefix("EXPOSE ") })
    }

    @Test func `every file that compose.yaml mounts exists`() throws {
        let mounted = try lines(of: "docker/compose.yaml").filter { $0.hasPrefix("- ./") }
            .compactMap { $0.dropFirst("- ./".count).split(separator: ":").first }
        #expect(mounted.count == 4)
        for path in mounted {
            #expect(Repository.exists("docker/\(path)"), "\(path)")
        }
    }

    @Test func `every file that the compose.yaml of an upgrade mounts exists`() throws {
        let mounted = try lines(of: "docker/kong-upgrade/compose.yaml")
            .filter { $0.hasPrefix("- ./") || $0.hasPrefix("- ../") }
            .compactMap { $0.dropFirst("- ".count).split(separator: ":").first }
        #expect(mounted.count == 9)
        for path in mounted {
            #expect(Repository.exists("docker/kong-upgrade/\(path)"), "\(path)")
        }
    }

    @Test func `the nodes of an upgrade are told what their kong.conf lines say`() throws {
        let compose = try lines(of: "docker/kong-upgrade/compose.yaml")
        for node in ["x", "y"] {
            let keys = try lines(of: "conf/kong-upgrade/kong-\(node).conf")
                .filter { !$0.hasPrefix("#") && $0.contains(" = ") && !$0.hasPrefix("headers") }
            #expect(keys.count == 7)
            for line in keys {
                let parts = line.components(separatedBy: " = ")
                let name = "KONG_\(parts[0].uppercased()): "
                #expect(
                    compose.contains { [name + parts[1], name + "\"\(parts[1])\""].contains($0) },
                    "\(line)")
            }
        }
        #expect(compose.filter { $0 == "image: kong:3.4.1" }.count == 2)
        #expect(compose.filter { $0 == "image: kong:3.4.2" }.count == 3)
    }

    @Test(arguments: ["docker/compose.yaml", "docker/kong-upgrade/compose.yaml"])
    func `compose.yaml is indented by two spaces and has no tabs`(_ path: String) throws {
        let file = try #require(Repository.read(path))
        for line in file.lines {
            #expect(line.prefix { $0 == " " }.count.isMultiple(of: 2), "\(line)")
            #expect(!line.contains("\t"), "\(line)")
        }
    }

    /// Whether what knows the formats of others can be had here.
    private static let hasChecks: Bool = {
        let script = Repository.root.appending(path: "scripts/install-checks").path
        return (try? run(script))?.status == 0
    }()

    private static let checks = Repository.root.appending(path: ".build-checks/bin").path

    @Test(.enabled(if: hasChecks, "no checks here"), .timeLimit(.minutes(5)))
    func `hadolint has nothing against the image, and finds a fault`() throws {
        let file = Repository.root.appending(path: "docker/Dockerfile")
        let good = try run("\(Self.checks)/hadolint", file.path)
        #expect(good.status == 0, "\(good.output)")
        let text = try String(contentsOf: file, encoding: .utf8)
        let bad = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: bad) }
        try text.replacing("debian:12-slim", with: "debian")
            .write(to: bad, atomically: true, encoding: .utf8)
        #expect(try run("\(Self.checks)/hadolint", bad.path).status != 0)
    }

    @Test(.enabled(if: hasChecks, "no checks here"), .timeLimit(.minutes(5)))
    func `files of compose and of Kubernetes are what those read, and faults are found`() throws {
        let script = Repository.root.appending(path: "Tests/TidyTests/check_containers.py").path
        let python = "\(Self.checks)/python3"
        let good = try run(python, script, Repository.root.path)
        #expect(good.output == "10 files\n")
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["docker", "conf/kubernetes"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        for (path, word, wrong) in [
            ("docker/compose.yaml", "volumes:", "volumez:"),
            ("conf/kubernetes/deployment.yaml", "replicas:", "replicaz:"),
            ("conf/kubernetes/kustomization.yaml", "  - weights.yaml\n", ""),
        ] {
            let text = try #require(Repository.read(path)).lines.joined(separator: "\n")
            try text.replacing(word, with: wrong)
                .write(to: folder.appending(path: path), atomically: true, encoding: .utf8)
        }
        let bad = try run(python, script, folder.path).output.split(separator: "\n")
        #expect(bad.count == 4 && bad.last == "3 files", "\(bad)")
    }

    @Test func `pods are stopped later than what they do at the end may take`() throws {
        let deployment = try lines(of: "conf/kubernetes/deployment.yaml")
        let configuration = try lines(of: "conf/kubernetes/configuration.yaml")
        func seconds(_ key: String, _ lines: [String]) throws -> Int {
            let line = try #require(lines.first { $0.hasPrefix("\(key): ") })
            return try #require(Int(line.dropFirst(key.count + 2).prefix { $0.isNumber }))
        }
        let most =
            try seconds("shutdown_delay", configuration) + seconds("shutdown_grace", configuration)
        #expect(try seconds("terminationGracePeriodSeconds", deployment) > most)
        for line in [
            "readOnlyRootFilesystem: true", "runAsUser: 65532",
            "httpGet: {path: /readyz, port: admin}", "httpGet: {path: /healthz, port: admin}",
        ] {
            #expect(deployment.contains(line), "\(line)")
        }
        #expect(!deployment.contains { $0.hasPrefix("subPath") })
    }

    @Test(arguments: [
        ("deployment", ["replicas: 2", "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}"]),
        (
            "deployment",
            ["topologyKey: topology.kubernetes.io/zone", "topologyKey: kubernetes.io/hostname"]
        ),
        // What the standard `restricted` asks for, and a root that cannot be written to.
        (
            "deployment",
            [
                "runAsNonRoot: true", "allowPrivilegeEscalation: false",
                "capabilities: {drop: [ALL]}", "seccompProfile: {type: RuntimeDefault}",
                "readOnlyRootFilesystem: true",
            ]
        ),
        (
            "deployment",
            [
                "- {name: configuration, mountPath: /etc/sluice/config, readOnly: true}",
                "- {name: weights, mountPath: /etc/sluice/weights, readOnly: true}",
                "- {name: state, mountPath: /var/lib/sluice}",
            ]
        ),
        ("disruption", ["maxUnavailable: 1"]),
        ("service", ["- {name: http, port: 80, targetPort: http, appProtocol: http}"]),
        ("network", ["policyTypes: [Ingress, Egress]"]),
    ])
    func `resources say what their guide promises`(name: String, promised: [String]) throws {
        let lines = try lines(of: "conf/kubernetes/\(name).yaml")
        for line in promised { #expect(lines.count { $0 == line } == 1, "\(line)") }
    }

    @Test func `the network lets in and out whom its guide names, and nobody else`() throws {
        let file = try #require(Repository.read("conf/kubernetes/network.yaml"))
        let rules = file.lines.drop { $0 != "  ingress:" }.joined(separator: "\n")
            .replacing(/\s+/, with: " ").trimmingCharacters(in: .whitespaces)
        let peer = { (name: String) in
            "- namespaceSelector: matchLabels: {kubernetes.io/metadata.name: \(name)} ports:"
        }
        #expect(
            rules == """
                ingress: - ports: - {port: http, protocol: TCP} \
                - from: \(peer("monitoring")) - {port: admin, protocol: TCP} \
                egress: - to: \(peer("kong")) \
                - {port: 8000, protocol: TCP} - {port: 8100, protocol: TCP} \
                - to: \(peer("kube-system")) \
                - {port: 53, protocol: UDP} - {port: 53, protocol: TCP}
                """)
    }

    /// The binary that `make test` builds; without it there is nothing to lay out.
    private static let binary = ProcessInfo.processInfo.environment["SLUICE_BINARY"]

    @Test(.enabled(if: binary != nil), .timeLimit(.minutes(2)))
    func `the laid out binary accepts the laid out configuration`() throws {
        let binary = try #require(Self.binary)
        let stage = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: stage) }
        let made = try run(
            "/usr/bin/env", "make", "docker-stage", "STAGE=\(stage.path)", "BINARY=\(binary)")
        try #require(made.status == 0, "\(made.output)")
        let configuration = stage.appending(path: "etc/sluice/sluice.yaml").path
        let checked = try run(
            stage.appending(path: "usr/local/bin/sluice").path, "check", "--config", configuration)
        #expect(checked.status == 0, "\(checked.output)")
    }

    private func run(_ words: String...) throws -> (status: Int32, output: String) {
        try Self.run(words)
    }

    private static func run(_ words: String...) throws -> (status: Int32, output: String) {
        try run(words)
    }

    private static func run(_ words: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: try #require(words.first))
        process.arguments = Array(words.dropFirst())
        process.currentDirectoryURL = Repository.root
        // Flags of an outer make are not meant for this one.
        process.environment = ProcessInfo.processInfo.environment.filter {
            !["MAKEFLAGS", "MAKELEVEL", "MFLAGS"].contains($0.key)
        }
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
