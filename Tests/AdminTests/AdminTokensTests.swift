import Admin
import Kernel
import Logging
import Settings
import Testing

@Suite struct AdminTokensTests {
    private let token = "0123456789abcdef"

    private func api(_ bench: Bench, _ tokens: [TokenSetting]) async throws -> ControlAPI {
        var snapshot = bench.snapshot
        let address = AddressSetting(host: .any, port: 1)
        snapshot.admin = AdminSettings(address: address, tokens: tokens)
        let operation = Operation(
            snapshot, plane: bench.plane, keeper: bench.keeper,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await operation.start(text: WeightsText.read(snapshot, files: DiskFiles.read))
        return ControlAPI(operation, access: .readOnly)
    }

    @Test func `who shows a token may change things, and nobody else`() async throws {
        let bench = try Bench()
        try bench.folder.write(token + "\n", to: "ops.token")
        let file = "\(bench.folder.path)/ops.token"
        let api = try await api(bench, [TokenSetting(name: "ops", file: file)])
        let tokens = api.operation.tokens
        #expect(tokens.name(shownBy: "Bearer \(token)") == "ops")
        #expect(tokens.name(shownBy: "bearer \(token)") == "ops")
        for wrong in [
            nil, "", "Bearer", "Bearer ", "Bearer \(token)0", "Bearer 0123456789abcdeF", token,
            "Basic \(token)", "Bearer  \(token)", "Bearer \(token.dropLast())", "Bearer \(token)\n",
        ] {
            #expect(tokens.name(shownBy: wrong) == nil, "\(wrong ?? "nil")")
        }
        let body = Array(#"{"weights": {"x": 1, "y": 1}}"#.utf8)
        #expect(await api.putSplit("kong", body, ifMatch: nil).status == 401)
        let status = await Caller.$current.withValue(.token("ops")) {
            await api.putSplit("kong", body, ifMatch: nil).status
        }
        #expect(status == 200)
        #expect(try JSONReader.read(await api.split("kong").body)["source"]?.text == "api")
        let page = String(decoding: await api.metrics().body, as: UTF8.self)
        #expect(page.contains("\nsluice_admin_tokens_refused_total 1\n"))
    }

    @Test(arguments: [
        "", "short", "0123456789abcde\n", "0123456789abcdef\nmore\n", "with space here..",
    ])
    func `a file that holds no token keeps the process from beginning`(text: String) async throws {
        let bench = try Bench()
        try bench.folder.write(text, to: "ops.token")
        let file = "\(bench.folder.path)/ops.token"
        await #expect(throws: AdminTokens.Fault.self) {
            _ = try await api(bench, [TokenSetting(name: "ops", file: file)])
        }
        await #expect(throws: AdminTokens.Fault.self) {
            _ = try await api(bench, [TokenSetting(name: "ops", file: file + "x")])
        }
    }

    @Test func `two names for one token are refused`() async throws {
        let bench = try Bench()
        try bench.folder.write(token, to: "ops.token")
        let file = "\(bench.folder.path)/ops.token"
        await #expect(throws: AdminTokens.Fault.self) {
            _ = try await api(
                bench,
                [TokenSetting(name: "a", file: file), TokenSetting(name: "b", file: file)])
        }
    }
}
