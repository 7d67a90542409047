internal import Kernel
internal import Settings

/// `sluice audit`: what was changed, read from the file, whether a proxy runs or not.
package enum AuditCommand {
    private static let longestFile = 1 << 30

    /// Prints the last entries, or says whether the chain holds; the exit code.
    package static func run(
        config path: String, environment: [String: String], last count: Int, isVerifying: Bool,
        asJSON: Bool
    ) -> Int32 {
        let file: String
        do throws(SettingsErrors) {
            let reading = try SettingsReader.read(path, environment: environment)
            guard let found = AuditTrail.path(reading.snapshot) else {
                return refuse("\(path) has no state_dir: no audit is kept")
            }
            file = found
        } catch {
            return refuse("\(error)")
        }
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DurableFile.read(file, limit: longestFile)
        } catch {
            return refuse("\(file): \(error)")
        }
        return isVerifying ? verify(bytes, file) : show(bytes, file, last: count, asJSON)
    }

    private static func verify(_ bytes: [UInt8], _ file: String) -> Int32 {
        do throws(AuditChain.Break) {
            let last = try AuditChain.verify(bytes)
            return ExitStatus.printing(
                "\(file): \(last.number) lines, \(bytes.count) bytes, the chain holds; the last "
                    + "hash is \(last.hash)\n")
        } catch {
            return refuse("\(file): the chain breaks at \(error)")
        }
    }

    private static func show(
        _ bytes: [UInt8], _ file: String, last count: Int, _ asJSON: Bool
    ) -> Int32 {
        let lines = bytes.split(separator: 0x0a).suffix(count)
        if asJSON {
            let text = lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
            return ExitStatus.printing(text)
        }
        let text = lines.map { line in
            (try? JSONReader.read(line)).map(AuditText.line) ?? "(a line that is no JSON)\n"
        }.joined()
        StandardStream.error.write("\(file): \(bytes.count) bytes\n")
        return ExitStatus.printing(text)
    }

    private static func refuse(_ message: String) -> Int32 {
        StandardStream.error.write("\(VisibleText.lines(message))\n")
        return ExitStatus.failed
    }
}

/// Entries of the audit as people read them.
package enum AuditText {
    /// `12  2031-05-06T07:08:09.010Z  root (pid 7)  weights kong: x=90 y=10 -> x=75 y=25: step 3`.
    package static func line(_ entry: JSONValue) -> String {
        let entry = entry.visible
        let subject = [entry["split"]?.text, entry["subject"]?.text].compactMap(\.self)
        var text = "\(entry["number"]?.numberText ?? "?")  \(entry["at"]?.text ?? "?")  "
        text += "\(who(entry["who"]))  \(entry["event"]?.text ?? "?")"
        if !subject.isEmpty { text += " \(subject.joined(separator: " "))" }
        if let from = entry["from"], let to = entry["to"], from != .null || to != .null {
            text += ": \(value(from)) -> \(value(to))"
        }
        if entry["forced"]?.bool == true { text += ", by force" }
        let reason = entry["reason"]?.text ?? ""
        if !reason.isEmpty { text += ": \(reason)" }
        return text + "\n"
    }

    private static func who(_ who: JSONValue?) -> String {
        if let token = who?["token"]?.text { return "token \(token)" }
        guard let user = who?["uid"]?.int else { return who?["by"]?.text ?? "?" }
        return "\(who?["user"]?.text ?? "uid \(user)") (pid \(who?["pid"]?.int ?? 0))"
    }

    private static func value(_ value: JSONValue) -> String {
        switch value {
        case .object(let members):
            members.map { "\($0.name)=\(self.value($0.value))" }.joined(separator: " ")
        case .string(let text): text
        case .null: "-"
        case .number, .bool, .array: JSONWriter.line(value)
        }
    }
}
