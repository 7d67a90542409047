internal import Kernel

/// `sluice token FILE`: makes a token of the admin address. It is printed, once; the file gets its
/// hash only.
package enum TokenCommand {
    private static let bytes = 32

    /// The exit status. A file that is there is left alone, unless it is to be replaced.
    package static func run(_ path: String, isReplacing: Bool = false) -> Int32 {
        if !isReplacing, FileFacts.permissions(of: path) != nil {
            StandardStream.error.write(
                "\(path) is there already; its token would not be known any more. "
                    + "`--replace` makes another one\n")
            return ExitStatus.failed
        }
        let token = token()
        do throws(Errno) {
            _ = try DurableFile.replace(path, with: Array("\(line(of: token))\n".utf8))
            try DurableFile.setAccess(path, mode: 0o600, group: nil)
        } catch {
            StandardStream.error.write("\(path): \(error)\n")
            return ExitStatus.failed
        }
        StandardStream.error.write(
            """
            The token is printed once; \(path) has its hash. In sluice.yaml:
              admin: {tokens: [{name: NAME, file: \(path)}]}

            """)
        return ExitStatus.printing("\(token)\n")
    }

    /// What the file has: nobody gets the token back from it. SHA-256 is right for what has 256
    /// bits that nobody can guess; what people think up would need a slow hash.
    package static func line(of token: String) -> String {
        AdminTokens.hashMark + SHA256.hexadecimal(token.utf8)
    }

    /// 256 bits that nobody can guess, in hexadecimal digits.
    package static func token() -> String {
        (0..<bytes / 8).map { _ in
            let digits = String(SystemRandom.bits(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
