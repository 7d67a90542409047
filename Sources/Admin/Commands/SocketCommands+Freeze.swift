internal import Kernel

/// `sluice freeze` and `sluice unfreeze`.
extension SocketCommands {
    /// `sluice freeze kong --mode both`.
    package func freeze(_ split: String, mode: String, reason: String?) -> Int32 {
        change("PUT", split, ["mode": mode, "reason": reason])
    }

    /// `sluice unfreeze kong`.
    package func unfreeze(_ split: String, reason: String?) -> Int32 {
        change("DELETE", split, ["reason": reason])
    }

    private func change(_ method: String, _ split: String, _ body: [String: String?]) -> Int32 {
        let members = body.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { JSONValue.Member(name: name, value: .string($0)) }
        }
        let path = "/v1/splits/\(Self.escaped(split))/freeze"
        return ask(method, path, body: .object(members)) { reply in
            guard let answer = reply.json else {
                return refuse("\(client.socket): the answer is no JSON; is this the right socket?")
            }
            guard (200..<300).contains(reply.status) else {
                return refuse(answer["error"]?.text ?? "refused with status \(reply.status)")
            }
            StandardStream.error.write(FreezeText.warnings(ofChange: answer))
            return ExitStatus.printing(
                asJSON ? JSONWriter.text(answer) : FreezeText.change(answer))
        }
    }
}
