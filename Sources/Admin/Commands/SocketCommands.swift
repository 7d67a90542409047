internal import Kernel
internal import Splitting

/// The commands that talk to a running proxy. Each prints, and returns its exit status.
package struct SocketCommands: Sendable {
    let client: ControlClient
    let asJSON: Bool

    /// Commands for the proxy behind a socket; `asJSON` prints the answers as they came.
    package init(socket: String, asJSON: Bool = false) {
        client = ControlClient(socket: socket)
        self.asJSON = asJSON
    }

    /// `sluice status`.
    package func status() -> Int32 {
        show("GET", "/v1/status") { StatusText.table($0) }
    }

    /// `sluice split`, of one split or of all.
    package func showSplits(_ name: String?) -> Int32 {
        guard let name else {
            return show("GET", "/v1/splits") { SplitText.table($0["splits"]?.elements ?? []) }
        }
        return show("GET", "/v1/splits/\(Self.escaped(name))") { SplitText.table([$0]) }
    }

    /// `sluice split kong x=75 y=25`.
    package func setWeights(
        _ name: String, _ assignments: [String], reason: String?, ifGeneration: UInt64?,
        isForced: Bool = false
    ) -> Int32 {
        var weights: [JSONValue.Member] = []
        for assignment in assignments {
            guard let equals = assignment.lastIndex(of: "="), equals > assignment.startIndex else {
                return refuse(
                    "\(assignment.debugDescription): expected MEMBER=WEIGHT", ExitStatus.usage)
            }
            let member = String(assignment[..<equals])
            let text = String(assignment[assignment.index(after: equals)...])
            guard !weights.contains(where: { $0.name == member }) else {
                return refuse("\(member.debugDescription) is there twice; expected it once")
            }
            do throws(WeightError) {
                _ = try Weight.parse(text)
            } catch {
                return refuse("\(member): \(error)")
            }
            weights.append(JSONValue.Member(name: member, value: .number(text)))
        }
        var body = [JSONValue.Member(name: "weights", value: .object(weights))]
        if let reason { body.append(JSONValue.Member(name: "reason", value: .string(reason))) }
        if isForced { body.append(JSONValue.Member(name: "force", value: .bool(true))) }
        return show(
            "PUT", "/v1/splits/\(Self.escaped(name))", body: .object(body),
            ifGeneration: ifGeneration
        ) { SplitText.change($0) }
    }

    /// `sluice rollback`, of one split or of all, and what still lives on the other side.
    package func rollback(_ name: String?, reason: String?, isForced: Bool = false) -> Int32 {
        let path = name.map { "/v1/splits/\(Self.escaped($0))/rollback" } ?? "/v1/rollback"
        var members: [JSONValue.Member] = []
        if let reason { members.append(.init(name: "reason", value: .string(reason))) }
        if isForced { members.append(.init(name: "force", value: .bool(true))) }
        let body: JSONValue? = members.isEmpty ? nil : .object(members)
        return show("POST", path, body: body) { answer in
            let splits = answer["splits"]?.elements ?? [answer]
            return splits.map(SplitText.change).joined() + remaining(after: splits)
        }
    }

    /// `sluice metrics`.
    package func metrics() -> Int32 {
        ask("GET", "/metrics") { reply in
            guard reply.status == 200 else {
                return refuse("refused with status \(reply.status)")
            }
            return ExitStatus.printing(String(decoding: reply.body, as: UTF8.self))
        }
    }
}

extension SocketCommands {
    func show(
        _ method: String, _ path: String, body: JSONValue? = nil, ifGeneration: UInt64? = nil,
        _ text: (JSONValue) -> String
    ) -> Int32 {
        ask(method, path, body: body, ifGeneration: ifGeneration) { reply in
            guard let answer = reply.json else {
                return refuse("\(client.socket): the answer is no JSON; is this the right socket?")
            }
            guard (200..<300).contains(reply.status) else {
                return refuse(answer["error"]?.text ?? "refused with status \(reply.status)")
            }
            StandardStream.error.write(SplitText.warnings(answer))
            return ExitStatus.printing(
                asJSON ? String(decoding: reply.body, as: UTF8.self) : text(answer))
        }
    }

    func ask(
        _ method: String, _ path: String, body: JSONValue? = nil, ifGeneration: UInt64? = nil,
        _ take: (ControlClient.Reply) -> Int32
    ) -> Int32 {
        let reply: ControlClient.Reply
        do throws(ControlClient.Fault) {
            reply = try client.send(method, path, body: body, ifGeneration: ifGeneration)
        } catch {
            if case .nobody = error { return refuse("\(error)", ExitStatus.unavailable) }
            return refuse("\(error)")
        }
        return take(reply)
    }

    /// What the members that get nothing any more still have.
    private func remaining(after splits: [JSONValue]) -> String {
        guard let status = try? client.send("GET", "/v1/status").json else { return "" }
        let idle = splits.flatMap { split in
            (split["weights"]?.members ?? []).filter { $0.value.double == 0 }.map(\.name)
        }
        return Self.remaining(on: Set(idle), status)
    }

    static func remaining(on names: Set<String>, _ status: JSONValue) -> String {
        (status["upstreams"]?.elements ?? []).map { upstream in
            guard let name = upstream["name"]?.text, names.contains(name) else { return "" }
            let inflight = upstream["inflight"]?.int ?? 0
            let active = upstream["connections"]?["active"]?.int ?? 0
            let idle = upstream["connections"]?["idle"]?.int ?? 0
            return "\(VisibleText.line(name)) still has \(inflight) exchanges in flight, "
                + "\(active) active and \(idle) idle connections\n"
        }.joined()
    }

    /// What is refused may be told in several lines, by a proxy that quotes others.
    func refuse(_ message: String, _ status: Int32 = ExitStatus.failed) -> Int32 {
        StandardStream.error.write("\(VisibleText.lines(message))\n")
        return status
    }

    /// A name as a segment of a path (RFC 3986 section 2.1).
    static func escaped(_ name: String) -> String {
        name.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.properties.isAlphabetic && byte < 128
                || (0x30...0x39).contains(byte) || [0x2d, 0x2e, 0x5f, 0x7e].contains(byte)
            if isPlain { return String(scalar) }
            return (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
