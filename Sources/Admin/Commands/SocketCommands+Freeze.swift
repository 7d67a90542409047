internal import Kernel

/// `sluice freeze`, `sluice latch`, and what ends them.
extension SocketCommands {
    /// `sluice freeze kong --mode both`.
    package func freeze(_ split: String, mode: String, reason: String?) -> Int32 {
        changeFreeze("PUT", split, ["mode": mode, "reason": reason])
    }

    /// `sluice unfreeze kong`.
    package func unfreeze(_ split: String, reason: String?) -> Int32 {
        changeFreeze("DELETE", split, ["reason": reason])
    }

    /// `sluice latch kong x`.
    package func latch(_ upstream: String, of split: String, reason: String?) -> Int32 {
        changeLatch("PUT", split, upstream, reason)
    }

    /// `sluice unlatch kong x`.
    package func unlatch(_ upstream: String, of split: String, reason: String?) -> Int32 {
        changeLatch("DELETE", split, upstream, reason)
    }

    private func changeFreeze(
        _ method: String, _ split: String, _ body: [String: String?]
    ) -> Int32 {
        change(method, split, "freeze", body) { FreezeText.change($0) }
    }

    private func changeLatch(
        _ method: String, _ split: String, _ upstream: String, _ reason: String?
    ) -> Int32 {
        change(method, split, "latch", ["upstream": upstream, "reason": reason]) {
            FreezeText.change($0, ofLatch: upstream, split: split)
        }
    }

    private func change(
        _ method: String, _ split: String, _ what: String, _ body: [String: String?],
        told: (JSONValue) -> String
    ) -> Int32 {
        let members = body.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { JSONValue.Member(name: name, value: .string($0)) }
        }
        let path = "/v1/splits/\(Self.escaped(split))/\(what)"
        return ask(method, path, body: .object(members)) { reply in
            guard let answer = reply.json else {
                return refuse("\(client.socket): the answer is no JSON; is this the right socket?")
            }
            guard (200..<300).contains(reply.status) else {
                return refuse(answer["error"]?.text ?? "refused with status \(reply.status)")
            }
            StandardStream.error.write(FreezeText.warnings(ofChange: answer))
            return ExitStatus.printing(asJSON ? JSONWriter.text(answer) : told(answer))
        }
    }
}
