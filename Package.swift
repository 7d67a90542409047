// swift-tools-version: 6.2
import PackageDescription

// One set of settings for every target of ours; dependencies keep their own.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .treatWarning("StrictMemorySafety", as: .error),
]

let settingsForC: [CSetting] = [
    .enableWarning("all"),
    .enableWarning("extra"),
    .treatAllWarnings(as: .error),
    .define("_GNU_SOURCE"),
]

/// What is calculated only is optimised in every build: simulations of it are most of the tests'
/// work, and hold up those that wait.
let settingsOfSums = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// A library target of ours, found at Sources/<name>; `files` are no sources of Swift.
func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], files: [String] = [],
    isOfSums: Bool = false
) -> Target {
    .target(
        name: name, dependencies: dependencies, exclude: files,
        swiftSettings: isOfSums ? settingsOfSums : settings)
}

/// The tests of a target, found at Tests/<name>; `files` are read by them, not compiled.
func tests(
    _ name: String, _ dependencies: [Target.Dependency], files: [String] = [],
    isOfSums: Bool = false
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: files,
        swiftSettings: isOfSums ? settingsOfSums : settings)
}

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(
    name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let asyncHTTPClient = Target.Dependency.product(
    name: "AsyncHTTPClient", package: "async-http-client")

let package = Package(
    name: "sluice",
    products: [.executable(name: "sluice", targets: ["sluice"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.20.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1",
            traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The doors to C.
        .target(name: "CLinux", cSettings: settingsForC),
        // The dashboard's files, by the `#embed` of C23.
        .target(
            name: "CDashboard", cSettings: settingsForC + [.disableWarning("c23-extensions")]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),

        // The fences: the only targets that say `unsafe`.
        library("Kernel", ["CLinux", "Addressing", "Bytes"]),
        library("Bytes", ["CZlib"]),
        library("HTTP2", ["CNGHTTP2", "Bytes"]),
        library("TLS", ["COpenSSL", "CLinux", "Bytes", "Kernel"]),

        // Pure: bytes and `now` in, events out.
        library("Addressing"),
        library("HTTP", ["Bytes"]),
        library("Splitting", isOfSums: true),
        library("Telemetry", isOfSums: true),
        library("Judging", ["Telemetry"], isOfSums: true),
        library("Settings", ["Addressing", "Judging", "Splitting", yams]),

        // The data plane.
        library("Reactor", ["Kernel", "Bytes"]),
        library(
            "Proxy",
            [
                "Addressing", "Kernel", "Bytes", "HTTP", "HTTP2", "Judging", "Splitting",
                "Telemetry", "Settings", "Reactor", "TLS",
            ]),

        // The control plane.
        library("KongLike", ["Addressing", "Kernel", nioCore, nioPosix]),
        library(
            "Admin",
            [
                "Addressing", "Bytes", "CDashboard", "Judging", "Kernel", "KongLike", "Proxy",
                "Settings", "Splitting", "TLS", "Telemetry", asyncHTTPClient, hummingbird,
                hummingbirdTLS, nioCore, nioHTTP1, nioHTTPTypes, nioSSL, logging, lifecycle,
            ], files: ["Dashboard/Page"]),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Admin", "Addressing", "Bytes", "Kernel", "Proxy", "Settings", "Splitting",
                "Telemetry", arguments, logging, lifecycle, unixSignals,
            ],
            swiftSettings: settings),

        tests("BytesTests", ["Bytes"]),
        tests("HTTP2Tests", ["HTTP2", "Bytes"]),
        tests("TLSTests", ["TLS", "Bytes", "Kernel"]),
        tests("HTTPTests", ["HTTP", "Bytes"]),
        tests("SplittingTests", ["Splitting"], isOfSums: true),
        tests("TelemetryTests", ["Telemetry"]),
        tests("JudgingTests", ["Judging", "Telemetry"], isOfSums: true),
        tests(
            "SettingsTests", ["Settings", "Splitting", "Addressing", "Judging"],
            files: ["Golden", "check_schema.py"]),
        tests("ReactorTests", ["Reactor", "Kernel", "Bytes"]),
        tests(
            "ProxyTests",
            [
                "Admin", "Addressing", "Bytes", "HTTP", "HTTP2", "Judging", "Kernel", "Proxy",
                "Reactor", "Settings", "Splitting", "Telemetry",
            ]),
        tests(
            "AdminTests",
            [
                "Admin", "Judging", "Kernel", "Proxy", "Settings", "Splitting", "Telemetry",
                hummingbird,
                hummingbirdTLS, nioCore, nioSSL, logging,
            ]),
        tests("KongLikeTests", ["KongLike", "Addressing"]),
        tests(
            "IntegrationTests", ["Kernel", "Bytes", "KongLike", "TLS"],
            files: [
                "Support/browser.py", "Support/grpc_peers.py", "Support/h2_broken.py",
                "Support/h2_restless.py", "Support/terminal.py",
            ]),
        tests("TidyTests", [], files: ["check_containers.py"]),
    ],
    swiftLanguageModes: [.v6]
)
