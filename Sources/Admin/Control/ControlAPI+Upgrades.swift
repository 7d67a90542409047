/// Upgrades.
extension ControlAPI {
    /// `GET /v1/upgrades`.
    package func upgrades() async -> Answer { .json(await operation.upgradesAnswer()) }

    /// `GET /v1/upgrades/{split}`.
    package func upgrade(of split: String) async -> Answer {
        do throws(UpgradeFault) {
            return .json(
                await operation.upgradeAnswer(try await operation.upgrades.list(of: split)))
        } catch {
            return .refusal(Refusal(error))
        }
    }

    /// `POST /v1/upgrades/{split}`.
    package func startUpgrade(_ split: String, _ bytes: [UInt8]) async -> Answer {
        await change(bytes, ["reason"]) { (body, upgrades, look) throws(UpgradeFault) in
            try await upgrades.start(split, note: body["reason"] ?? "", look: look)
        }
    }

    /// `POST /v1/upgrades/{split}/ack`.
    package func acknowledgeStep(_ split: String, _ bytes: [UInt8]) async -> Answer {
        let steps = UpgradeStep.allCases.map(\.rawValue).joined(separator: ", ")
        return await change(bytes, ["step", "note"]) {
            (body, upgrades, look) throws(UpgradeFault) in
            guard let word = body["step"], let step = UpgradeStep(rawValue: word) else {
                throw .unknownStep(body["step"] ?? "", known: steps)
            }
            return try await upgrades.acknowledge(
                step, of: split, note: body["note"] ?? "", look: look)
        }
    }

    /// `POST /v1/upgrades/{split}/finish`.
    package func finishUpgrade(_ split: String, _ bytes: [UInt8]) async -> Answer {
        let rollouts = operation.rollouts
        return await change(bytes, ["note"]) { (body, upgrades, look) throws(UpgradeFault) in
            let outcome = try await upgrades.finish(split, note: body["note"] ?? "", look: look)
            await rollouts?.completeSinceFinish(of: split)
            return outcome
        }
    }

    /// `POST /v1/upgrades/{split}/done`.
    package func endUpgrade(_ split: String, _ bytes: [UInt8]) async -> Answer {
        await change(bytes, ["note"]) { (body, upgrades, look) throws(UpgradeFault) in
            try await upgrades.done(split, note: body["note"] ?? "", look: look)
        }
    }

    /// `POST /v1/upgrades/{split}/smoke`.
    package func runSmoke(_ split: String, _ bytes: [UInt8]) async -> Answer {
        let operation = operation
        return await change(bytes, []) { (_, upgrades, look) throws(UpgradeFault) in
            try await upgrades.runSmoke(
                split, look: look, address: { await operation.smokeAddress(of: $0) })
        }
    }

    private func change(
        _ bytes: [UInt8], _ allowed: [String],
        _ make: ([String: String], UpgradeKeeper, UpgradeKeeper.Look) async throws(UpgradeFault) ->
            UpgradeOutcome
    ) async -> Answer {
        do throws(Refusal) {
            try checkAccess()
            let body = try Self.texts(bytes, allowed)
            let outcome: UpgradeOutcome
            do throws(UpgradeFault) {
                outcome = try await make(body, operation.upgrades, operation.upgradeLook)
            } catch {
                throw Refusal(error)
            }
            let answer = await operation.upgradeAnswer(outcome.list).members ?? []
            return .json(
                .object(answer + [.init(name: "durable", value: .bool(outcome.isDurable))]))
        } catch {
            return .refusal(error)
        }
    }

    /// An object of strings, or nothing.
    private static func texts(
        _ bytes: [UInt8], _ allowed: [String]
    ) throws(Refusal) -> [String: String] {
        guard !bytes.isEmpty else { return [:] }
        let members = try ChangeBody.object(
            try ChangeBody.parse(bytes), "the body", allowed: allowed)
        var texts: [String: String] = [:]
        for (name, value) in members {
            guard let text = value.text else {
                throw .badRequest("`\(name)` is \(value.kind); expected a string")
            }
            texts[name] = text
        }
        return texts
    }
}

extension Refusal {
    /// How the API answers a word about an upgrade that is not taken.
    init(_ fault: UpgradeFault) {
        message = fault.description
        switch fault {
        case .unknownSplit, .none: status = 404
        case .unknownStep, .noCandidate, .noSmoke: status = 400
        case .refused(.noteMissing), .refused(.longNote), .refused(.seenByItself),
            .refused(.byCommand):
            status = 400
        case .notWritten: status = 500
        case .running, .refused, .latch, .smokeRunning, .smokeOutdated, .noTarget: status = 409
        }
    }
}
