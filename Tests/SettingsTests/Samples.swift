import Addressing
import Splitting
import Testing

@testable import Settings

/// A path in the repository.
func repositoryPath(_ path: String, file: StaticString = #filePath) -> String {
    let folders = "\(file)".split(separator: "/", omittingEmptySubsequences: false)
    return folders.dropLast(3).joined(separator: "/") + "/" + path
}

/// A weight that the test wrote itself.
func weight(_ text: String) -> Weight {
    guard let weight = try? Weight.parse(text) else { fatalError("\(text) is no weight") }
    return weight
}

/// Every mapping of sluice.yaml with fixed keys, and where it stands.
let keyTables: [(place: String, table: KeyTable)] = KeyTable.settings.map { table in
    (table.place.isEmpty ? "" : table.place + ".", table)
}

/// The file that a ConfigMap of conf/kubernetes holds.
func kubernetesText(_ name: String) throws -> String {
    let bytes = try DiskFiles.read(repositoryPath("conf/kubernetes/" + name)).get()
    let lines = String(decoding: bytes, as: UTF8.self).split(
        separator: "\n", omittingEmptySubsequences: false)
    let body = lines.drop { !$0.hasSuffix(".yaml: |") }.dropFirst()
    return body.map { $0.dropFirst(4) }.joined(separator: "\n")
}

/// The split of the home case.
func kong(_ x: String, _ y: String) -> SplitSettings {
    SplitSettings(
        name: "kong", members: ["x", "y"], weights: [weight(x), weight(y)], stable: "x",
        candidate: "y")
}

/// An address of this machine.
func local(_ port: UInt16) -> AddressSetting {
    AddressSetting(host: .ip(IPAddress(ipv4: 0x7f00_0001)), port: port)
}

/// What conf/minimal.yaml says.
let minimalSnapshot = Snapshot(
    listeners: [ListenerSettings(name: "api", address: local(8000), split: "kong")],
    upstreams: [
        UpstreamSettings(name: "x", targets: [TargetSettings(address: local(9001))]),
        UpstreamSettings(name: "y", targets: [TargetSettings(address: local(9002))]),
    ],
    splits: [kong("90", "10")])

/// What a sound sluice.yaml says.
func snapshot(_ text: String) throws -> Snapshot {
    try SettingsReader.read(
        "sluice.yaml", environment: [:], files: files(["sluice.yaml": text])
    ).snapshot
}

/// Files by path.
func files(_ texts: [String: String]) -> FileReading {
    { path in
        texts[path].map { .success(Array($0.utf8)) } ?? .failure(FileFault(message: "no such file"))
    }
}

/// The faults of a sluice.yaml and of the weight file beside it, one a line.
func faults(
    _ settings: String,
    weights: String? = nil,
    environment: [String: String] = [:]
) -> [String] {
    var texts = ["sluice.yaml": settings]
    texts["weights.yaml"] = weights
    let report = SettingsReader.check(
        "sluice.yaml", environment: environment, files: files(texts))
    return report.errors.map(\.description)
}
