internal import Kernel
internal import Settings

/// `sluice rollout`.
extension SocketCommands {
    /// `sluice rollout start plan.yaml`; the rollout has the file's name unless another is given.
    package func startRollout(
        _ path: String, named name: String? = nil, reason: String?
    ) -> Int32 {
        switch DiskFiles.read(path) {
        case .failure(let fault):
            return refuse("\(path): \(fault.message)")
        case .success(let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            return say("", ["file": name ?? path, "plan": text, "reason": reason])
        }
    }

    /// `sluice rollout status`.
    package func rolloutStatus() -> Int32 {
        ask("GET", "/v1/rollout") { show($0) { RolloutText.table($0) } }
    }

    /// `sluice rollout history`.
    package func rolloutHistory() -> Int32 {
        ask("GET", "/v1/rollout/history") { show($0) { RolloutText.history($0) } }
    }

    /// `sluice rollout pause`, `resume`, `approve` and `abort`.
    package func tellRollout(_ word: String, reason: String?) -> Int32 {
        say("/\(word)", ["reason": reason])
    }

    private func say(_ path: String, _ body: [String: String?]) -> Int32 {
        let members = body.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { JSONValue.Member(name: name, value: .string($0)) }
        }
        return ask("POST", "/v1/rollout\(path)", body: .object(members)) {
            show($0) { RolloutText.table($0) }
        }
    }

    private func show(_ reply: ControlClient.Reply, _ text: (JSONValue) -> String) -> Int32 {
        guard let answer = reply.json else {
            return refuse("\(client.socket): the answer is no JSON; is this the right socket?")
        }
        guard (200..<300).contains(reply.status) else {
            return refuse(answer["error"]?.text ?? "refused with status \(reply.status)")
        }
        let words = text(answer)
        return ExitStatus.printing(asJSON ? JSONWriter.text(answer) : words)
    }
}
