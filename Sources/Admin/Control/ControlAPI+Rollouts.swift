/// Rollouts.
extension ControlAPI {
    /// `GET /v1/rollout`.
    package func rollout() async -> Answer { .json(await operation.rollouts?.answer() ?? .null) }

    /// `GET /v1/rollout/history`.
    package func rolloutHistory() async -> Answer {
        .json(await operation.rollouts?.historyAnswer() ?? .null)
    }

    /// `POST /v1/rollout`: `{"file": "plan.yaml", "plan": "...", "reason": "..."}`.
    package func startRollout(_ bytes: [UInt8]) async -> Answer {
        await change(bytes, ["file", "plan", "reason"]) { (body, _) throws(RolloutFault) in
            try await operation.startRollout(
                body["plan"] ?? "", file: body["file"] ?? "plan", reason: body["reason"] ?? "")
        }
    }

    /// `POST /v1/rollout/pause`.
    package func pauseRollout(_ bytes: [UInt8]) async -> Answer {
        await change(bytes, ["reason"]) { (body, rollouts) throws(RolloutFault) in
            try await rollouts.pauseByHand(body["reason"] ?? "")
        }
    }

    /// `POST /v1/rollout/resume`.
    package func resumeRollout(_ bytes: [UInt8]) async -> Answer {
        await change(bytes, ["reason"]) { (body, rollouts) throws(RolloutFault) in
            try await rollouts.resume(body["reason"] ?? "")
        }
    }

    /// `POST /v1/rollout/approve`: `{"step": 2, "reason": "..."}`.
    package func approveRollout(_ bytes: [UInt8]) async -> Answer {
        await change(bytes, ["reason", "step"]) { (body, rollouts) throws(RolloutFault) in
            try await rollouts.approve(
                body["reason"] ?? "", step: body["step"].flatMap { Int($0) })
        }
    }

    /// `POST /v1/rollout/abort`.
    package func abortRollout(_ bytes: [UInt8]) async -> Answer {
        await change(bytes, ["reason"]) { (body, rollouts) throws(RolloutFault) in
            try await rollouts.abort(body["reason"] ?? "")
        }
    }

    private func change(
        _ bytes: [UInt8], _ allowed: [String],
        _ make: ([String: String], RolloutKeeper) async throws(RolloutFault) -> Void
    ) async -> Answer {
        do throws(Refusal) {
            try checkAccess()
            guard let rollouts = operation.rollouts else {
                throw Refusal(status: 404, message: "there are no rollouts here")
            }
            let members =
                bytes.isEmpty
                ? [:]
                : try ChangeBody.object(
                    try ChangeBody.parse(bytes), "the body", allowed: allowed)
            var texts: [String: String] = [:]
            for (name, value) in members {
                if name == "step" {
                    guard let number = value.int, number > 0 else {
                        throw .badRequest(
                            "`step` is \(value.numberText ?? value.kind); expected the number of "
                                + "a step, from 1 on")
                    }
                    texts[name] = "\(number)"
                    continue
                }
                guard let text = value.text else {
                    throw .badRequest("`\(name)` is \(value.kind); expected a string")
                }
                texts[name] = text
            }
            if let reason = texts["reason"], reason.utf8.count > ChangeBody.longestReason {
                throw .badRequest("`reason` is too long; expected at most 1000 bytes")
            }
            do throws(RolloutFault) { try await make(texts, rollouts) } catch {
                throw Refusal(error)
            }
            return .json(await rollouts.answer())
        } catch {
            return .refusal(error)
        }
    }
}

extension Refusal {
    /// How the API answers a word about a rollout that is not taken.
    init(_ fault: RolloutFault) {
        message = fault.description
        switch fault {
        case .plan: status = 400
        case .none: status = 404
        case .notWritten: status = 500
        case .running, .over, .notPaused, .notAwaiting, .moving, .latched, .missing, .smoke,
            .refused:
            status = 409
        }
    }
}
