internal import Proxy
internal import Settings

/// Freezes of Admin APIs, and latches of members.
extension ControlAPI {
    /// `GET /v1/splits/{name}/freeze`.
    package func freeze(of name: String) async -> Answer {
        guard let found = await operation.freezesAnswer(of: name).first else {
            let known = await operation.snapshot.splits.map(\.name)
            return .refusal(Refusal(FreezeFault.unknownSplit(name, known: known)))
        }
        return .json(found)
    }

    /// `PUT /v1/splits/{name}/freeze`.
    package func putFreeze(_ name: String, _ bytes: [UInt8]) async -> Answer {
        await changeFreeze { () throws(Refusal) in
            let members = try Self.members(bytes, ["mode", "reason"])
            return FreezeRequest(
                split: name, mode: try Self.mode(members["mode"]),
                reason: try ChangeBody.reason(members["reason"]))
        }
    }

    /// `DELETE /v1/splits/{name}/freeze`.
    package func deleteFreeze(_ name: String, _ bytes: [UInt8]) async -> Answer {
        await changeFreeze { () throws(Refusal) in
            let members = try Self.members(bytes, ["reason"])
            return FreezeRequest(
                split: name, mode: nil, reason: try ChangeBody.reason(members["reason"]))
        }
    }

    /// `PUT /v1/splits/{name}/latch`.
    package func putLatch(_ name: String, _ bytes: [UInt8]) async -> Answer {
        await changeLatch(name, bytes, isLatched: true)
    }

    /// `DELETE /v1/splits/{name}/latch`.
    package func deleteLatch(_ name: String, _ bytes: [UInt8]) async -> Answer {
        await changeLatch(name, bytes, isLatched: false)
    }

    private func changeFreeze(_ read: () throws(Refusal) -> FreezeRequest) async -> Answer {
        do throws(Refusal) {
            try checkAccess()
            let request = try read()
            do throws(FreezeFault) {
                let outcome = try await operation.freezes.change(request)
                operation.tripwire?.look()
                return await answer(request.split, outcome)
            } catch {
                throw Refusal(error)
            }
        } catch {
            return .refusal(error)
        }
    }

    private func answer(_ split: String, _ outcome: FreezeOutcome) async -> Answer {
        let freeze = await operation.freezesAnswer(of: split, outcome.census).first
        let late = outcome.census.pendingWorkers
        var facts: [JSONValue.Member] = [
            .init(name: "changed", value: .bool(outcome.isChange)),
            .init(name: "durable", value: .bool(outcome.isDurable)),
        ]
        if !late.isEmpty {
            let numbers = JSONValue.array(late.map { .number($0) })
            facts.append(.init(name: "pending_workers", value: numbers))
        }
        let base = freeze?.members ?? [.init(name: "split", value: .string(split))]
        return .json(.object(base + facts), status: late.isEmpty ? 200 : 202)
    }

    private func changeLatch(_ name: String, _ bytes: [UInt8], isLatched: Bool) async -> Answer {
        do throws(Refusal) {
            try checkAccess()
            let members = try Self.members(bytes, ["upstream", "reason"])
            guard let upstream = members["upstream"]?.text else {
                throw .badRequest("`upstream` is missing; expected the name of a member")
            }
            let reason = try ChangeBody.reason(members["reason"])
            let keeper = operation.keeper
            do throws(LatchFault) {
                let outcome =
                    try await isLatched
                    ? keeper.latch(upstream, of: name, reason: reason)
                    : keeper.unlatch(upstream, of: name, reason: reason)
                return await answer(name, outcome)
            } catch {
                throw Refusal(error)
            }
        } catch {
            return .refusal(error)
        }
    }

    /// The split as it is then, with what the change came to.
    private func answer(_ name: String, _ outcome: LatchOutcome) async -> Answer {
        let split = await operation.splitsAnswer().first { $0.name == name }?.value
        let base = (split?.members ?? []).filter { $0.name != "durable" }
        return .json(
            .object(
                base + [
                    .init(name: "changed", value: .bool(outcome.isChange)),
                    .init(name: "durable", value: .bool(outcome.isDurable)),
                ]))
    }

    private static func members(
        _ bytes: [UInt8], _ allowed: [String]
    ) throws(Refusal) -> [String: JSONValue] {
        guard !bytes.isEmpty else { return [:] }
        return try ChangeBody.object(
            try ChangeBody.parse(bytes), "the body", allowed: allowed)
    }

    /// Both, unless said; `off` is no freeze.
    private static func mode(_ value: JSONValue?) throws(Refusal) -> FreezeMode? {
        guard let value else { return .both }
        guard let text = value.text, text == "off" || FreezeMode(rawValue: text) != nil else {
            throw .badRequest(
                "`mode` is \(value.text.map(\.debugDescription) ?? value.kind); "
                    + "expected \"both\", \"candidate\" or \"off\"")
        }
        return FreezeMode(rawValue: text)
    }
}

extension Refusal {
    /// How the API answers a freeze of what there is not.
    init(_ fault: FreezeFault) { self.init(status: 404, message: fault.description) }

    /// How the API answers a latch that cannot be.
    init(_ fault: LatchFault) {
        message = fault.description
        switch fault {
        case .unknownSplit: status = 404
        case .unknownMember: status = 400
        case .hasWeight, .rollout: status = 409
        }
    }
}
