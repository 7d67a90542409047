internal import Hummingbird

/// Long-lived connections that follow the weights.
extension ControlAPI {
    /// `POST /v1/splits/{name}/shift`, and `POST /v1/shift` for every split.
    package func shift(_ name: String?, _ bytes: [UInt8]) async -> Answer {
        do throws(Refusal) {
            try checkAccess()
            let request = try ShiftRequest(split: name, bytes)
            do throws(ShiftFault) {
                let begun = try await operation.shifts.begin(request)
                return .json(.object(["shifts": .array(begun.map(\.json))]))
            } catch {
                throw Refusal(status: 404, message: error.description)
            }
        } catch {
            return .refusal(error)
        }
    }
}

extension Operation {
    /// The last shift of each split.
    func shiftsAnswer() async -> JSONValue {
        .array(await shifts.reports.map(\.json))
    }
}

extension ControlServer {
    /// The routes of shifts.
    static func addShifts(to router: ControlRoutes, _ api: ControlAPI) {
        router.post("v1/shift") { request, _ in
            await changing(request) { body, _ in await api.shift(nil, body) }
        }
        router.post("v1/splits/:name/shift") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.shift(name, body) }
        }
    }
}
