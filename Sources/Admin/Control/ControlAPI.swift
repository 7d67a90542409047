internal import Settings
internal import Splitting
internal import Telemetry

/// The control API: requests in, answers out, without HTTP around them.
package struct ControlAPI: Sendable {
    /// What a client may do.
    package enum Access: Sendable, Equatable {
        /// On the control socket, whose permissions say who may use it.
        case full
        /// On the admin address, where only those with a token may change anything.
        case readOnly
    }

    /// What it shows and changes, and for whom.
    package let operation: Operation
    package let access: Access

    package init(_ operation: Operation, access: Access) {
        self.operation = operation
        self.access = access
    }

    /// `GET /v1/status`.
    package func status() async -> Answer { .json(await operation.statusAnswer()) }

    /// `GET /v1/splits`.
    package func splits() async -> Answer {
        .json(.object(["splits": .array(await operation.splitsAnswer().map(\.value))]))
    }

    /// `GET /v1/splits/{name}`.
    package func split(_ name: String) async -> Answer {
        let splits = await operation.splitsAnswer()
        guard let found = splits.first(where: { $0.name == name }) else {
            let known = splits.map(\.name)
            return .refusal(Refusal(WeightRefusal.unknownSplit(name, known: known)))
        }
        return .json(found.value)
    }

    /// `PUT /v1/splits/{name}`.
    package func putSplit(
        _ name: String, _ bytes: [UInt8], ifMatch: String?
    ) async -> Answer {
        await change(ifMatch: ifMatch) { () throws(Refusal) in
            let body = try ChangeBody.split(name, bytes)
            return (.weights(body.weights), body.reason, body.isForced)
        }
    }

    /// `PUT /v1/splits`.
    package func putSplits(_ bytes: [UInt8], ifMatch: String?) async -> Answer {
        await change(ifMatch: ifMatch, isOfOne: false) { () throws(Refusal) in
            let body = try ChangeBody.splits(bytes)
            return (.weights(body.weights), body.reason, body.isForced)
        }
    }

    /// `POST /v1/splits/{name}/rollback`.
    package func rollback(_ name: String, _ bytes: [UInt8], ifMatch: String?) async -> Answer {
        await change(ifMatch: ifMatch) { () throws(Refusal) in
            let body = try ChangeBody.rollback(bytes)
            return (.rollback(split: name), body.reason, body.isForced)
        }
    }

    /// `POST /v1/rollback`: every split to its stable upstream, in one generation.
    package func rollbackAll(_ bytes: [UInt8], ifMatch: String?) async -> Answer {
        await change(ifMatch: ifMatch, isOfOne: false) { () throws(Refusal) in
            let body = try ChangeBody.rollback(bytes)
            return (.rollback(split: nil), body.reason, body.isForced)
        }
    }

    /// `GET /metrics`.
    package func metrics() async -> Answer {
        Answer(
            contentType: Exposition.contentType, body: await operation.metricsPage(),
            isCompressible: true)
    }

    /// `GET /healthz`: whether every worker's loop turned in the last five seconds.
    package func health() async -> Answer {
        var late = await operation.plane.turn()
        // Each time one second.
        for _ in 1..<5 where !late.isEmpty { late = await operation.plane.turn() }
        return late.isEmpty
            ? .json(.object(["status": "ok"]))
            : .json(
                .object([
                    "status": "stuck", "workers": .array(late.map { .number($0) }),
                ]), status: 503)
    }

    /// `GET /readyz`: whether clients may come.
    package func readiness() async -> Answer {
        await operation.isReady
            ? .json(.object(["status": "ready"]))
            : .json(.object(["status": "not ready"]), status: 503)
    }

    private func change(
        ifMatch: String?, isOfOne: Bool = true,
        _ read: () throws(Refusal) -> (WeightRequest.Wish, reason: String, isForced: Bool)
    ) async -> Answer {
        do throws(Refusal) {
            try checkAccess()
            let (wish, reason, isForced) = try read()
            let request = WeightRequest(
                wish, source: access == .full ? .socket : .api, reason: reason,
                expectedGeneration: try Self.generation(ifMatch), isForced: isForced)
            do throws(WeightRefusal) {
                return await answer(try await operation.keeper.change(request), isOfOne)
            } catch {
                throw Refusal(error)
            }
        } catch {
            return .refusal(error)
        }
    }

    func checkAccess() throws(Refusal) {
        if access == .full { return }
        if case .token = Caller.current { return }
        guard operation.tokens.isEmpty else {
            operation.tokens.countRefusal()
            throw Refusal(
                status: 401,
                message: "read-only without a token; expected Authorization: Bearer TOKEN")
        }
        throw Refusal(
            status: 403, message: "read-only here; changes go through the control socket")
    }

    /// What is set now, with what the change came to.
    private func answer(_ outcome: WeightOutcome, _ isOfOne: Bool) async -> Answer {
        let names = Set(outcome.before.keys)
        let splits = await operation.splitsAnswer().filter { names.contains($0.name) }
        var members: [JSONValue.Member] = []
        if isOfOne, let only = splits.first {
            members = (only.value.members ?? []) + [before(only, outcome)]
        } else {
            let values = splits.map { split in
                JSONValue.object((split.value.members ?? []) + [before(split, outcome)])
            }
            members = [
                JSONValue.Member(name: "generation", value: .number(outcome.generation)),
                JSONValue.Member(name: "splits", value: .array(values)),
                JSONValue.Member(name: "durable", value: .bool(outcome.isDurable)),
            ]
            if !outcome.skipped.isEmpty {
                let texts = JSONValue.array(outcome.skipped.map { .string($0) })
                members.append(JSONValue.Member(name: "skipped", value: texts))
            }
        }
        if let fault = outcome.fileFault {
            let file = JSONValue.object(["written": .bool(false), "error": .string(fault)])
            members.append(JSONValue.Member(name: "weights_file", value: file))
        }
        if !outcome.pendingWorkers.isEmpty {
            let late = JSONValue.array(outcome.pendingWorkers.map { .number($0) })
            members.append(JSONValue.Member(name: "pending_workers", value: late))
        }
        return .json(.object(members), status: outcome.pendingWorkers.isEmpty ? 200 : 202)
    }

    /// The weights that a split had, in the order of its members.
    private func before(
        _ split: (name: String, value: JSONValue), _ outcome: WeightOutcome
    ) -> JSONValue.Member {
        let pairs = zip(split.value["weights"]?.members ?? [], outcome.before[split.name] ?? [])
        let before = pairs.map { JSONValue.Member(name: $0.name, value: .number("\($1)")) }
        return JSONValue.Member(name: "before", value: .object(before))
    }

    /// A generation as an entity tag: `"12"`, or 12 without quotes.
    private static func generation(_ ifMatch: String?) throws(Refusal) -> UInt64? {
        guard let ifMatch, ifMatch != "*" else { return nil }
        let digits = ifMatch.hasPrefix("\"") ? ifMatch.dropFirst().dropLast() : ifMatch[...]
        guard let generation = UInt64(digits) else {
            throw .badRequest("If-Match: \(ifMatch.debugDescription); expected \"<generation>\"")
        }
        return generation
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
}
