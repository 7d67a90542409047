internal import Kernel
internal import Settings

/// The tokens of the admin address: who has one may change things there.
package final class AdminTokens: Sendable {
    /// Why a token cannot be used.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        /// Which one, and what was expected.
        package let description: String
    }

    private struct Contents {
        /// The hashes, so that all compares take the same time whatever is shown.
        var tokens: [Known] = []
        var refusals = 0
        var untold = Refusals()
    }

    /// What was refused for want of a right token.
    struct Refusals: Sendable {
        var changes = 0
        var reads = 0

        /// `2 changes and 1 read refused without a right token`; nil where nothing was.
        var text: String? {
            let counts = [(changes, "change"), (reads, "read")].filter { $0.0 > 0 }
                .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
            guard !counts.isEmpty else { return nil }
            return "\(counts.joined(separator: " and ")) refused without a right token"
        }
    }

    /// A token as it is kept.
    struct Known: Sendable {
        let name: String
        let role: TokenRole
        let digest: [UInt8]
    }

    /// What a file begins with that holds a token's hash instead of the token.
    static let hashMark = "sha256:"

    private static let lengths = 16...4_096

    private let contents = Lock(Contents())

    /// None yet.
    package init() {}

    /// Whether there is no token, so that nobody may change anything.
    var isEmpty: Bool { contents.withLock { $0.tokens.isEmpty } }

    /// How many requests were refused for want of a right one.
    var refusals: Int { contents.withLock { $0.refusals } }

    /// Reads the files of tokens; what is probably not meant is a warning.
    static func read(
        _ settings: [TokenSetting]
    ) throws(Fault) -> (tokens: [Known], warnings: [String]) {
        var tokens: [Known] = []
        var warnings: [String] = []
        for setting in settings {
            let owner = "the token \(setting.name): \(setting.file)"
            let bytes: [UInt8]
            do throws(Errno) {
                bytes = try DurableFile.read(setting.file, limit: lengths.upperBound + 1)
            } catch {
                throw Fault(description: "\(owner): \(error)")
            }
            let line = bytes.last == 0x0a ? bytes.dropLast() : bytes[...]
            guard lengths.contains(line.count), line.allSatisfy({ (0x21...0x7e).contains($0) })
            else {
                throw Fault(
                    description: "\(owner): expected one line of 16 to 4096 visible characters")
            }
            if FileFacts.isOpenToOthers(setting.file) == true {
                warnings.append(
                    "\(owner) may be read by others; expected mode 0600, or 0640 and the group "
                        + "that Sluice runs as")
            }
            guard let digest = digest(of: line) else {
                throw Fault(
                    description: "\(owner): expected 64 hexadecimal digits behind \(hashMark)")
            }
            if let other = tokens.first(where: { $0.digest == digest }) {
                throw Fault(description: "\(owner): it is the same as that of \(other.name)")
            }
            tokens.append(Known(name: setting.name, role: setting.role, digest: digest))
        }
        return (tokens, warnings)
    }

    /// Everything that is wrong with them, each fault at its token in sluice.yaml.
    static func faults(
        of settings: [TokenSetting], in path: String
    ) -> (errors: [SettingsError], warnings: [String]) {
        var (errors, warnings): ([SettingsError], [String]) = ([], [])
        var sound: [TokenSetting] = []
        for setting in settings {
            do throws(Fault) {
                // With those before it, since two may not be the same.
                warnings = try read(sound + [setting]).warnings
                sound.append(setting)
            } catch {
                errors.append(
                    SettingsReader.fault(
                        error.description, at: ["admin", "tokens", setting.name, "file"], in: path))
            }
        }
        return (errors, warnings)
    }

    /// Takes on what was read.
    func adopt(_ tokens: [Known]) { contents.withLock { $0.tokens = tokens } }

    /// The hash that a file's line says, or that of the token that it holds.
    private static func digest(of line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.starts(with: hashMark.utf8) else { return SHA256.digest(line) }
        let digits = String(decoding: line.dropFirst(hashMark.utf8.count), as: UTF8.self)
        guard digits.utf8.count == 64 else { return nil }
        var digest: [UInt8] = []
        var rest = digits[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16), rest.first != "+" else { return nil }
            digest.append(byte)
            rest = rest.dropFirst(2)
        }
        return digest
    }

    /// The name of the token that a field `Authorization: Bearer ...` shows; nil when it shows
    /// none that is known.
    package func name(shownBy authorization: String?) -> String? {
        holder(shownBy: authorization)?.name
    }

    /// The same, with what it lets do.
    func holder(shownBy authorization: String?) -> AdminGate.Holder? {
        let words = (authorization ?? "").split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        let shown = SHA256.digest(words[1].utf8)
        var found: AdminGate.Holder?
        for token in contents.withLock({ $0.tokens }) {
            // Every byte of every one is looked at.
            let difference = zip(token.digest, shown).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
            if difference == 0 { found = AdminGate.Holder(name: token.name, role: token.role) }
        }
        return found
    }

    /// Counts a change, or a look, that was refused.
    func countRefusal(ofReading isReading: Bool = false) {
        contents.withLock { contents in
            contents.refusals += 1
            if isReading { contents.untold.reads += 1 } else { contents.untold.changes += 1 }
        }
    }

    /// How many were refused since this was asked last.
    func takeUntoldRefusals() -> Refusals {
        contents.withLock { contents in
            defer { contents.untold = Refusals() }
            return contents.untold
        }
    }
}
