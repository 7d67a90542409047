// swift-tools-version: 6.2
import PackageDescription

// A package of its own: its programs link only with the fuzzer's `main`. The targets that they
// try are links to the product's, so that `package` declarations can be used.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

/// A program that the fuzzer drives, at Sources/<name>.
func fuzz(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(url: "https://github.com/jpsim/Yams", from: "6.2.2")],
    targets: [
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "Addressing", swiftSettings: settings),
        .target(name: "Bytes", dependencies: ["CZlib"], swiftSettings: settings),
        .target(
            name: "Kernel", dependencies: ["CLinux", "Addressing", "Bytes"],
            swiftSettings: settings),
        .target(
            name: "TLS", dependencies: ["COpenSSL", "CLinux", "Bytes", "Kernel"],
            swiftSettings: settings),
        .target(name: "HTTP2", dependencies: ["CNGHTTP2", "Bytes"], swiftSettings: settings),
        .target(name: "HTTP", dependencies: ["Bytes"], swiftSettings: settings),
        .target(name: "Splitting", swiftSettings: settings),
        .target(
            name: "Settings",
            dependencies: [
                "Addressing", "Judging", "Splitting", .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(name: "Telemetry", swiftSettings: settings),
        .target(name: "Judging", dependencies: ["Telemetry"], swiftSettings: settings),
        .target(name: "Reactor", dependencies: ["Kernel", "Bytes"], swiftSettings: settings),
        .target(
            name: "Proxy",
            dependencies: [
                "Addressing", "Kernel", "Bytes", "HTTP", "HTTP2", "Judging", "Splitting",
                "Telemetry", "Settings", "Reactor", "TLS",
            ],
            swiftSettings: settings),
        // A part of the proxy's tests: the peers, and the reader that is right about them.
        .target(
            name: "Rehearsal",
            dependencies: [
                "Addressing", "Kernel", "Bytes", "HTTP", "Judging", "Splitting", "Telemetry",
                "Settings", "Reactor", "TLS", "Proxy",
            ],
            swiftSettings: settings),

        fuzz("ExchangeFuzz", ["Rehearsal"]),
        fuzz("RequestHeadFuzz", ["Bytes", "HTTP"]),
        fuzz("ResponseHeadFuzz", ["Bytes", "HTTP"]),
        fuzz("ChunksFuzz", ["Bytes", "HTTP"]),
        fuzz("HTTP2Fuzz", ["Bytes", "HTTP2"]),
        fuzz("ProxyHeaderFuzz", ["Bytes", "HTTP"]),
        fuzz("ClientHelloFuzz", ["Bytes", "HTTP"]),
        fuzz("SettingsFuzz", ["Settings"]),
        fuzz("WeightsFuzz", ["Settings", "Splitting"]),
    ],
    swiftLanguageModes: [.v6]
)
