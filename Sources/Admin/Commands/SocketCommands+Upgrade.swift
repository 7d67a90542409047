internal import Kernel

/// `sluice upgrade`.
extension SocketCommands {
    /// `sluice upgrade start kong`.
    package func startUpgrade(_ split: String, reason: String?) -> Int32 {
        tell(split, "", ["reason": reason]) { UpgradeText.table($0) }
    }

    /// `sluice upgrade status`, of one split or of all.
    package func upgradeStatus(_ split: String?) -> Int32 {
        guard let split else {
            return ask("GET", "/v1/upgrades") { reply in
                show(reply) { answer in
                    let damage = UpgradeText.damage(answer["error"])
                    let upgrades = answer["upgrades"]?.elements ?? []
                    if upgrades.isEmpty {
                        return damage + "no upgrade; `sluice upgrade start SPLIT` begins one\n"
                    }
                    return damage + upgrades.map(UpgradeText.table).joined(separator: "\n")
                }
            }
        }
        return ask("GET", "/v1/upgrades/\(Self.escaped(split))") { reply in
            show(reply) { UpgradeText.table($0) }
        }
    }

    /// `sluice upgrade ack backup --note "..."`.
    package func acknowledge(_ step: String, note: String, split: String?) -> Int32 {
        only(split) { split in
            tell(split, "/ack", ["step": step, "note": note]) { UpgradeText.step(step, of: $0) }
        }
    }

    /// `sluice upgrade smoke`. It fails when answers differ.
    package func runSmoke(_ split: String?) -> Int32 {
        only(split) { split in
            var isAlike = true
            let status = tell(split, "/smoke", [:]) { answer in
                isAlike = UpgradeText.isSmokeAlike(answer)
                return UpgradeText.smoke(answer)
            }
            return status == ExitStatus.done && !isAlike ? ExitStatus.failed : status
        }
    }

    /// `sluice upgrade finish`.
    package func finishUpgrade(_ split: String?, note: String?) -> Int32 {
        only(split) { split in
            tell(split, "/finish", ["note": note]) { UpgradeText.finished($0) }
        }
    }

    /// `sluice upgrade done`.
    package func endUpgrade(_ split: String?, note: String?) -> Int32 {
        only(split) { split in
            tell(split, "/done", ["note": note]) { UpgradeText.over($0) }
        }
    }

    private func tell(
        _ split: String, _ path: String, _ body: [String: String?],
        _ text: (JSONValue) -> String
    ) -> Int32 {
        let members = body.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { JSONValue.Member(name: name, value: .string($0)) }
        }
        let path = "/v1/upgrades/\(Self.escaped(split))\(path)"
        return ask("POST", path, body: .object(members)) { show($0, text) }
    }

    private func show(_ reply: ControlClient.Reply, _ text: (JSONValue) -> String) -> Int32 {
        guard let answer = reply.json else {
            return refuse("\(client.socket): the answer is no JSON; is this the right socket?")
        }
        guard (200..<300).contains(reply.status) else {
            return refuse(answer["error"]?.text ?? "refused with status \(reply.status)")
        }
        if answer["durable"]?.bool == false {
            StandardStream.error.write("warning: a restart forgets this: there is no state_dir\n")
        }
        let words = text(answer)
        return ExitStatus.printing(asJSON ? JSONWriter.text(answer) : words)
    }

    /// The split that is named; else the one that is being upgraded, if there is one only.
    private func only(_ split: String?, _ take: (String) -> Int32) -> Int32 {
        if let split { return take(split) }
        return ask("GET", "/v1/upgrades") { reply in
            guard reply.status == 200, let upgrades = reply.json?["upgrades"]?.elements else {
                return refuse("refused with status \(reply.status)")
            }
            let running = upgrades.filter { $0["state"]?.text != "done" }
            let names = (running.isEmpty ? upgrades : running).compactMap { $0["split"]?.text }
            guard let name = names.first else {
                return refuse("no upgrade; `sluice upgrade start SPLIT` begins one")
            }
            guard names.count == 1 else {
                return refuse(
                    "several upgrades; expected one of \(names.joined(separator: ", "))",
                    ExitStatus.usage)
            }
            return take(name)
        }
    }
}
