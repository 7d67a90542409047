internal import Settings

/// Upstreams and their drains.
extension ControlAPI {
    /// `GET /v1/upstreams`.
    package func upstreams() async -> Answer {
        .json(.object(["upstreams": .array(await operation.upstreamsAnswer().map(\.value))]))
    }

    /// `GET /v1/upstreams/{name}`.
    package func upstream(_ name: String) async -> Answer {
        let upstreams = await operation.upstreamsAnswer()
        guard let found = upstreams.first(where: { $0.name == name }) else {
            return .refusal(
                Refusal(DrainFault.unknownUpstream(name, known: upstreams.map(\.name))))
        }
        return .json(found.value)
    }

    /// `POST /v1/upstreams/{name}/drain`.
    package func drain(_ name: String, _ bytes: [UInt8]) async -> Answer {
        await change(.drain, name, bytes)
    }

    /// `POST /v1/upstreams/{name}/undrain`.
    package func undrain(_ name: String, _ bytes: [UInt8]) async -> Answer {
        await change(.undrain, name, bytes)
    }

    private func change(
        _ wish: DrainRequest.Wish, _ name: String, _ bytes: [UInt8]
    ) async -> Answer {
        do throws(Refusal) {
            try checkAccess()
            let body = try DrainBody(bytes)
            let request = DrainRequest(
                wish, upstream: name, target: body.target, reason: body.reason)
            do throws(DrainFault) {
                return await answer(try await operation.change(request))
            } catch {
                throw Refusal(error)
            }
        } catch {
            return .refusal(error)
        }
    }

    /// The upstream as it is now, with what the change came to.
    private func answer(_ outcome: DrainOutcome) async -> Answer {
        let upstream = await operation.upstreamsAnswer()
            .first { $0.name == outcome.scope.upstream }?.value
        let drain = upstream?["drains"]?.elements?.first {
            $0["target"]?.text == outcome.scope.target
        }
        let late = outcome.pendingWorkers
        var facts: [JSONValue.Member] = [
            .init(name: "drain", value: drain ?? .null),
            .init(name: "changed", value: .bool(outcome.isChange)),
            .init(name: "durable", value: .bool(outcome.isDurable)),
        ]
        if !late.isEmpty {
            let numbers = JSONValue.array(late.map { .number($0) })
            facts.append(.init(name: "pending_workers", value: numbers))
        }
        return .json(
            .object((upstream?.members ?? []) + facts), status: late.isEmpty ? 200 : 202)
    }
}

extension Refusal {
    /// How the API answers a drain that names nothing.
    init(_ fault: DrainFault) {
        message = fault.description
        switch fault {
        case .unknownUpstream: status = 404
        case .unknownTarget: status = 400
        case .tooMany: status = 409
        }
    }
}
