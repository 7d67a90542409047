/// Which target may import which module.
enum ImportRules {
    static func findings(in file: SourceFile) -> [Finding] {
        guard let target = file.target, file.isSwift else { return [] }
        guard let allowed = allowed[target] else {
            let what = "target \(target) has no row in the table of imports"
            return [Finding(path: file.path, line: 1, what: what)]
        }
        return imports(in: file.tokens).compactMap { module, line in
            guard !allowed.contains(module) else { return nil }
            return Finding(path: file.path, line: line, what: "\(target) may not import \(module)")
        }
    }

    private static let dataPlane: Set = [
        "Addressing", "Bytes", "HTTP", "HTTP2", "Judging", "Kernel", "Reactor", "Settings",
        "Splitting", "TLS", "Telemetry",
    ]

    private static let controlPlane: Set = [
        "ArgumentParser", "AsyncHTTPClient", "Foundation", "FoundationEssentials", "HTTPTypes",
        "Hummingbird", "HummingbirdCore", "HummingbirdTLS", "Logging", "NIOCore", "NIOHTTP1",
        "NIOHTTPTypes", "NIOPosix", "NIOSSL", "ServiceLifecycle", "UnixSignals",
    ]

    /// The fences know C, the pure targets only each other, the data plane no Foundation and no
    /// Swift concurrency library, and only the control plane the packages made by others.
    static let allowed: [String: Set<String>] = [
        "CDashboard": [],
        "CLinux": [],
        "CNGHTTP2": [],
        "COpenSSL": [],
        "CZlib": [],
        "Kernel": ["Addressing", "Bytes", "CLinux", "Glibc", "Synchronization"],
        "Bytes": ["CLinux", "CZlib", "Glibc", "Synchronization"],
        "HTTP2": ["Bytes", "CNGHTTP2", "Glibc"],
        "TLS": ["Bytes", "CLinux", "COpenSSL", "Kernel", "Synchronization"],
        "Addressing": [],
        "HTTP": ["Addressing", "Bytes"],
        "Splitting": [],
        "Telemetry": [],
        "Judging": ["Telemetry"],
        "Settings": [
            "Addressing", "Foundation", "FoundationEssentials", "Judging", "Splitting", "Yams",
        ],
        "Reactor": ["Bytes", "Kernel"],
        "Proxy": dataPlane.union(["Synchronization"]),
        "KongLike": ["Addressing", "Foundation", "Kernel", "NIOCore", "NIOPosix"],
        "Admin": dataPlane.union(controlPlane).union([
            "CDashboard", "KongLike", "Proxy", "Synchronization",
        ]),
        "sluice": dataPlane.union(controlPlane).union(["Admin", "Proxy", "Synchronization"]),
    ]

    /// The imported modules with their lines; `import struct M.T` imports M.
    static func imports(in tokens: [Token]) -> [(module: String, line: Int)] {
        tokens.indices.compactMap { index in
            guard tokens[index].text == "import" else { return nil }
            let rest = tokens[(index + 1)...].drop { kinds.contains($0.text) }
            return rest.first.map { ($0.text, $0.line) }
        }
    }

    private static let kinds: Set = [
        "class", "enum", "func", "let", "protocol", "struct", "typealias", "var",
    ]
}
