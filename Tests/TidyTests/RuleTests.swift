import Testing

/// Each rule, shown to find what it is for and to leave alone what only looks like it.
struct RuleTests {
    private func lines(
        _ rule: (SourceFile) -> [Finding], _ path: String, _ text: String
    ) -> [Int] {
        rule(SourceFile(path: path, text: text)).map(\.line)
    }

    @Test(arguments: [
        ("Sources/HTTP/A.swift", "import Foundation"),
        ("Sources/HTTP/A.swift", "package import Kernel"),
        ("Sources/Splitting/A.swift", "import Glibc"),
        ("Sources/Telemetry/A.swift", "import struct Dispatch.DispatchTime"),
        ("Sources/Proxy/A.swift", "import NIOCore"),
        ("Sources/Proxy/A.swift", "internal import FoundationEssentials"),
        ("Sources/Kernel/A.swift", "import HTTP"),
        ("Sources/Settings/A.swift", "import Proxy"),
        ("Sources/Unheard/A.swift", "let a = 1"),
    ])
    func `an import that its row does not allow is found`(path: String, text: String) {
        #expect(lines(ImportRules.findings, path, text) == [1])
    }

    @Test(arguments: [
        ("Sources/HTTP/A.swift", "package import Bytes"),
        ("Sources/Settings/A.swift", "import Yams\nimport FoundationEssentials"),
        ("Sources/Admin/A.swift", "import Hummingbird\npackage import Proxy"),
        ("Sources/HTTP/A.swift", "// import Foundation\nlet a = \"import Foundation\""),
        ("Tests/HTTPTests/A.swift", "import Foundation"),
    ])
    func `an import that its row allows passes`(path: String, text: String) {
        #expect(lines(ImportRules.findings, path, text).isEmpty)
    }

    @Test(arguments: [
        "unsafe read(1)", "let a: UnsafeRawPointer", "unowned(unsafe) let a: A",
        "nonisolated(unsafe) var a = 1", "a.withUnsafeBytes { _ in }", "Unmanaged.passRetained(a)",
    ])
    func `unsafe memory outside the fences is found`(code: String) {
        #expect(lines(UnsafeRule.findings, "Sources/Proxy/A.swift", code) == [1])
        #expect(lines(UnsafeRule.findings, "Sources/Kernel/A.swift", code).isEmpty)
        #expect(lines(UnsafeRule.findings, "Sources/Bytes/A.swift", code).isEmpty)
    }

    @Test(arguments: [
        ("Sources/Admin/A.swift", "a = try! b()"),
        ("Tests/HTTPTests/A.swift", "a = b as! C"),
        ("Sources/HTTP/A.swift", "fatalError()"),
        ("Sources/Proxy/A.swift", "print(a)"),
        ("Sources/Admin/A.swift", "debugPrint(a)"),
        ("Tests/ProxyTests/A.swift", "Thread.sleep(forTimeInterval: 1)"),
        ("Tests/ProxyTests/A.swift", "usleep(10)"),
        ("Tests/ProxyTests/A.swift", "_ = sleep(1)"),
        ("Sources/Admin/A.swift", "DispatchQueue.main"),
        ("Package.swift", ".enable(\"-Ounchecked\")"),
        ("Package.swift", ".unsafeFlags([])"),
        ("Package.swift", ".unsafeFlags([\"-D\"], .when(configuration: .debug))"),
        ("Makefile", "\tswift build -Xswiftc -Ounchecked"),
    ])
    func `a banned call is found`(path: String, text: String) {
        #expect(lines(BannedRule.findings, path, text) == [1])
    }

    @Test(arguments: [
        ("Sources/Admin/A.swift", "a = try? b()\nc = try !d()\ne = try b() // try!"),
        ("Sources/sluice/A.swift", "print(a)"),
        ("Sources/Proxy/A.swift", "a.print(b)\nfunc print(_ a: Int) {}\nlet c = \"print(\""),
        ("Tests/ProxyTests/A.swift", "try await Task.sleep(for: .seconds(1))"),
        ("Tests/ProxyTests/A.swift", "fatalError()"),
        ("Package.swift", ".unsafeFlags([\"-O\"], .when(configuration: .debug))"),
    ])
    func `what is not banned there passes`(path: String, text: String) {
        #expect(lines(BannedRule.findings, path, text).isEmpty)
    }

    @Test(arguments: [
        "package struct A {}",
        "// A comment for readers of the code.\npackage struct A {}",
        "/// The doc of another.\nstruct B {}\npackage struct A {}",
        "@usableFromInline\npackage struct A {}",
        "@frozen package struct A {}",
        "/// A.\n\npackage init?() {}",
        "package init(a: Int) throws(B) {}",
        "package var a: Int { 1 }",
    ])
    func `a package declaration without documentation is found`(code: String) {
        #expect(lines(DocumentationRule.findings, "Sources/HTTP/A.swift", code).count == 1)
        #expect(lines(DocumentationRule.findings, "Tests/HTTPTests/A.swift", code).isEmpty)
    }

    @Test(arguments: [
        "/// A.\npackage struct A {}",
        "/// A.\n@usableFromInline @frozen\npackage struct A {}",
        "/// Where it begins and ends.\npackage let start: Int\npackage let end: Int",
        "package init(a: Int) { self.a = a }",
        "package import Bytes",
        "let package = Package(name: \"a\")",
        "struct A {}",
    ])
    func `a documented declaration passes`(code: String) {
        #expect(lines(DocumentationRule.findings, "Sources/HTTP/A.swift", code).isEmpty)
    }

    @Test(arguments: [
        ("Sources/HTTP/head.swift", "struct Head {}"),
        ("Sources/HTTP/Head_Parsing.swift", "struct Head {}"),
        ("Sources/HTTP/Head+A+B.swift", "struct Head {}"),
        ("Sources/HTTP/Head+.swift", "struct Head {}"),
        ("Sources/HTTP/Body.swift", "struct Head {}"),
        ("Sources/HTTP/Body+Text.swift", "extension Outer.Head {}"),
        ("Tests/HTTPTests/headTests.swift", ""),
    ])
    func `a file that is not named after what it holds is found`(path: String, text: String) {
        #expect(lines(NameRule.findings, path, text) == [1])
    }

    @Test(arguments: [
        ("Sources/HTTP/Head.swift", "package struct Head { enum Inner {} }"),
        ("Sources/HTTP/Head+Parsing.swift", "extension Outer.Head {}"),
        ("Sources/Telemetry/Kinds.swift", "enum A {}\nenum B {}"),
        ("Sources/CLinux/include/CLinux.h", ""),
        ("Tests/HTTPTests/HeadTests.swift", "@Test func `a`() {}"),
    ])
    func `a well-named file passes`(path: String, text: String) {
        #expect(lines(NameRule.findings, path, text).isEmpty)
    }

    @Test(arguments: LeftoverRule.words)
    func `a leftover is found in code, comments and files of any kind`(word: String) {
        #expect(lines(LeftoverRule.findings, "Sources/HTTP/A.swift", "// \(word): later") == [1])
        #expect(lines(LeftoverRule.findings, "docker/Dockerfile", "\n# \(word)") == [2])
        #expect(lines(LeftoverRule.findings, "a", "/tmp/\(word)\(word)").isEmpty)
    }
}
