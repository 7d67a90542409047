import Admin
import Kernel
import Testing

@Suite struct TokenCommandTests {
    @Test func `a token has 256 bits, and no two are alike`() {
        let tokens = (0..<50).map { _ in TokenCommand.token() }
        #expect(Set(tokens).count == 50)
        #expect(tokens.allSatisfy { $0.count == 64 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test func `the file has the hash alone, and is left alone when it is there`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/ops.token"
        #expect(TokenCommand.run(path) == ExitStatus.done)
        let text = try folder.read("ops.token")
        #expect(text.hasPrefix("sha256:") && text.count == 7 + 64 + 1)
        #expect(FileFacts.permissions(of: path).map { $0 & 0o777 } == 0o600)
        #expect(TokenCommand.run(path) == ExitStatus.failed)
        #expect(try folder.read("ops.token") == text)
        #expect(TokenCommand.run(path, isReplacing: true) == ExitStatus.done)
        #expect(try folder.read("ops.token") != text)
        #expect(TokenCommand.run("\(folder.path)/none/ops.token") == ExitStatus.failed)
    }

    @Test func `the hash is the one of sha256sum`() {
        #expect(
            TokenCommand.line(of: "abc")
                == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
