import Foundation
import Telemetry
import Testing

private let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"]
    .first(where: FileManager.default.isExecutableFile)

@Suite struct PromtoolTests {
    @Test(.enabled(if: promtool != nil, "promtool is not installed"))
    func `promtool reads the page and blames nothing`() throws {
        #expect(try blame(of: SampleExposition.make().text()) == "")
    }

    @Test(.enabled(if: promtool != nil, "promtool is not installed"))
    func `promtool is heard when it finds a fault`() throws {
        #expect(try blame(of: Array("a_total{ 1\n".utf8)) != "")
    }

    private func blame(of page: [UInt8]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: try #require(promtool))
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(page))
        try input.fileHandleForWriting.close()
        let blame = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: blame, as: UTF8.self)
    }
}
