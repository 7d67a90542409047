/// `sluice shift`.
extension SocketCommands {
    /// `sluice shift`, of one split or of all.
    package func shift(
        _ split: String?, maxAge: String, over: String?, reason: String?
    ) -> Int32 {
        let path = split.map { "/v1/splits/\(Self.escaped($0))/shift" } ?? "/v1/shift"
        var members: [JSONValue.Member] = [.init(name: "max_age", value: .string(maxAge))]
        if let over { members.append(.init(name: "over", value: .string(over))) }
        if let reason { members.append(.init(name: "reason", value: .string(reason))) }
        return ask("POST", path, body: .object(members)) { reply in
            guard let answer = reply.json else {
                return refuse("\(client.socket): the answer is no JSON; is this the right socket?")
            }
            guard (200..<300).contains(reply.status) else {
                return refuse(answer["error"]?.text ?? "refused with status \(reply.status)")
            }
            return ExitStatus.printing(
                asJSON ? JSONWriter.text(answer) : ShiftText.begun(answer))
        }
    }
}
