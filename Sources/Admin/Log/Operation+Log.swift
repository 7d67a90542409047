internal import Kernel
internal import Logging

/// How much is logged, seen and changed while the proxy runs.
extension Operation {
    /// How much is logged now; nil where the log is not ours.
    nonisolated func logLevelAnswer() -> JSONValue? {
        guard let levels = log?.levels else { return nil }
        let left = levels.until.map { $0.since(.now()) / 1_000_000_000 }
        return .object([
            "level": .string(levels.current.rawValue),
            "configured": .string(levels.configured.rawValue),
            "seconds_left": left.map { .number($0) } ?? .null,
        ])
    }

    /// Logs as much as a body says, from now on.
    nonisolated func setLogLevel(_ body: LogLevelBody) async {
        guard let log else { return }
        let until = body.milliseconds.map { Instant.now().advanced(byMilliseconds: $0) }
        let before = log.ask(for: body.level, until: until)
        let now = log.levels.current
        let time = body.milliseconds.map { " for \($0 / 1_000) s" } ?? ""
        log.announce("log level: \(before) -> \(now)\(time)")
        var facts: [JSONValue.Member] = []
        if let milliseconds = body.milliseconds {
            facts.append(.init(name: "seconds", value: .number(milliseconds / 1_000)))
        }
        await audit?.append(
            AuditEvent(
                "log-level", from: .string(before.rawValue), to: .string(now.rawValue),
                reason: body.reason, facts: facts))
    }

    /// Once a second: a level that was asked for may be over.
    nonisolated func tickLog() {
        guard let log, let ended = log.tick() else { return }
        log.announce("log level: \(ended) -> \(log.levels.current), the time is over")
    }
}
