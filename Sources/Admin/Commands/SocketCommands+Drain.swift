internal import Kernel
internal import UnixSignals

/// `sluice drain` and `sluice undrain`.
extension SocketCommands {
    /// `sluice drain`, of an upstream or of one of its targets. With a time to wait it returns when
    /// nothing is in flight there any more, or when the time is over.
    package func drain(
        _ upstream: String, target: String?, reason: String?, waitMilliseconds: Int?
    ) async -> Int32 {
        let path = "/v1/upstreams/\(Self.escaped(upstream))"
        let body = ["target": target, "reason": reason]
        guard let waitMilliseconds else {
            return post("\(path)/drain", body) { printing($0, DrainText.drained($0)) }
        }
        // Before the drain: whoever interrupts what follows is told that it stays.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        var named: String?
        let status = post("\(path)/drain", body) { answer in
            named = answer["drain"]?["target"]?.text
            return asJSON ? ExitStatus.done : printing(answer, DrainText.drained(answer))
        }
        guard status == ExitStatus.done else { return status }
        let wait = DrainWait(upstream: upstream, target: named, milliseconds: waitMilliseconds)
        let began = Instant.now()
        let client = client
        let end = await DrainWait.until(signals) {
            await wait.run(
                look: { () throws(ControlClient.Fault) in try client.send("GET", path) },
                report: Self.showProgress)
        }
        Self.clearProgress()
        return report(end, wait, subject: named.map { "\(upstream) \($0)" } ?? upstream, began)
    }

    /// `sluice undrain`.
    package func undrain(_ upstream: String, target: String?) -> Int32 {
        post("/v1/upstreams/\(Self.escaped(upstream))/undrain", ["target": target]) { answer in
            printing(answer, DrainText.undrained(answer, target: target))
        }
    }

    private func post(
        _ path: String, _ body: [String: String?], _ take: (JSONValue) -> Int32
    ) -> Int32 {
        let members = body.sorted { $0.key > $1.key }.compactMap { name, value in
            value.map { JSONValue.Member(name: name, value: .string($0)) }
        }
        return ask("POST", path, body: .object(members)) { reply in
            guard let answer = reply.json else {
                return refuse("\(client.socket): the answer is no JSON; is this the right socket?")
            }
            guard (200..<300).contains(reply.status) else {
                return refuse(answer["error"]?.text ?? "refused with status \(reply.status)")
            }
            StandardStream.error.write(DrainText.warnings(ofChange: answer))
            return take(answer)
        }
    }

    private func printing(_ answer: JSONValue, _ text: String) -> Int32 {
        ExitStatus.printing(asJSON ? JSONWriter.text(answer) : text)
    }

    private func report(
        _ end: DrainWait.End, _ wait: DrainWait, subject: String, _ began: Instant
    ) -> Int32 {
        let subject = VisibleText.line(subject)
        let stays = "\(subject) stays drained"
        let seconds = Int(Instant.now().since(began) / 1_000_000_000)
        switch end {
        case .empty(let answer):
            return printing(
                answer, "\(subject): nothing in flight there any more, after \(seconds) s\n")
        case .timeOver(let answer):
            if asJSON { _ = printing(answer, "") }
            let left = wait.drain(in: answer).map(DrainText.left) ?? "?"
            return refuse("the time is over: \(left); \(stays)")
        case .undrained:
            return refuse("\(subject) is drained no more: somebody else undid it")
        case .interrupted:
            return refuse("interrupted: \(stays) until `sluice undrain`")
        case .failed(let fault):
            if case .nobody = fault { return refuse("\(fault)", ExitStatus.unavailable) }
            return refuse("\(fault)")
        case .refused(let reason):
            return refuse(reason)
        }
    }

    /// What is left, on one line that the next one writes over.
    private static func showProgress(_ drain: JSONValue) {
        guard ProcessFacts.reportsToTerminal else { return }
        StandardStream.error.write("\r\u{1b}[K\(DrainText.left(drain))")
    }

    private static func clearProgress() {
        guard ProcessFacts.reportsToTerminal else { return }
        StandardStream.error.write("\r\u{1b}[K")
    }
}
