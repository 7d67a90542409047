internal import Hummingbird

/// The level of the log.
extension ControlAPI {
    /// `GET /v1/log`.
    package func logLevel() async -> Answer {
        guard let value = operation.logLevelAnswer() else { return .refusal(Self.noLog) }
        return .json(value)
    }

    /// `PUT /v1/log`.
    package func putLogLevel(_ bytes: [UInt8]) async -> Answer {
        do throws(Refusal) {
            try checkAccess()
            let body = try LogLevelBody(bytes)
            guard operation.log != nil else { throw Self.noLog }
            await operation.setLogLevel(body)
            return await logLevel()
        } catch {
            return .refusal(error)
        }
    }

    private static let noLog = Refusal(status: 404, message: "this proxy does not write the log")
}

extension ControlServer {
    /// The route of the log's level.
    static func addLog(to router: ControlRoutes, _ api: ControlAPI) {
        router.get("v1/log") { request, _ in response(await api.logLevel(), request) }
        router.put("v1/log") { request, _ in
            await changing(request) { body, _ in await api.putLogLevel(body) }
        }
    }
}

/// `sluice log-level`.
extension SocketCommands {
    /// Shows how much is logged, or changes it; `time` as `10m`.
    package func logLevel(_ level: String?, for time: String?, reason: String?) -> Int32 {
        guard let level else {
            return show("GET", "/v1/log") { Self.text($0) }
        }
        var members = [JSONValue.Member(name: "level", value: .string(level))]
        if let time { members.append(.init(name: "for", value: .string(time))) }
        if let reason { members.append(.init(name: "reason", value: .string(reason))) }
        return show("PUT", "/v1/log", body: .object(members)) { Self.text($0) }
    }

    private static func text(_ answer: JSONValue) -> String {
        let level = answer["level"]?.text ?? "?"
        let configured = answer["configured"]?.text ?? "?"
        let left = answer["seconds_left"]?.int.map { ", for \($0) s more" } ?? ""
        return level == configured
            ? "\(level), as configured\(left)\n" : "\(level), configured: \(configured)\(left)\n"
    }
}
