// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the product's build knows nothing of it. The targets are links
// to the product's, and compiled with its settings: `package` declarations can be used.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .treatWarning("StrictMemorySafety", as: .error),
]

let package = Package(
    name: "micro",
    targets: [
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Addressing", swiftSettings: settings),
        .target(name: "Bytes", dependencies: ["CZlib"], swiftSettings: settings),
        .target(name: "HTTP", dependencies: ["Bytes"], swiftSettings: settings),
        .target(name: "Splitting", swiftSettings: settings),
        .executableTarget(
            name: "Micro", dependencies: ["Bytes", "HTTP", "Splitting"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
