internal import Kernel
internal import Settings

/// `sluice rollout`.
extension SocketCommands {
    /// In bytes: with what is around it, and escaped, it must be taken by the control API.
    private static let longestPlan = 48 * 1024

    /// `sluice rollout start plan.yaml`; the rollout has the file's name unless another is given.
    package func startRollout(
        _ path: String, named name: String? = nil, reason: String?
    ) -> Int32 {
        switch DiskFiles.read(path) {
        case .failure(let fault):
            return refuse("\(path): \(fault.message)\(RolloutCheck.place(of: path))")
        case .success(let bytes) where bytes.count > Self.longestPlan:
            return refuse(
                "\(path): it has \(bytes.count) bytes; expected at most \(Self.longestPlan)")
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

    /// `sluice rollout pause`, `resume`, `approve` and `abort`; `step`: the one that is approved.
    package func tellRollout(_ word: String, reason: String?, step: Int? = nil) -> Int32 {
        let fact = step.map { JSONValue.Member(name: "step", value: .number($0)) }
        return say("/\(word)", ["reason": reason], fact.map { [$0] } ?? [])
    }

    private func say(
        _ path: String, _ body: [String: String?], _ facts: [JSONValue.Member] = []
    ) -> Int32 {
        let texts = body.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { JSONValue.Member(name: name, value: .string($0)) }
        }
        let members = texts + facts
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
