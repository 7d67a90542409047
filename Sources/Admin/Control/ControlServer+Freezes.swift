internal import Hummingbird

extension ControlServer {
    /// The routes of freezes and latches.
    static func addFreezes(to router: ControlRoutes, _ api: ControlAPI) {
        router.get("v1/splits/:name/freeze") { request, context in
            response(await api.freeze(of: try context.name()), request)
        }
        router.put("v1/splits/:name/freeze") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.putFreeze(name, body) }
        }
        router.delete("v1/splits/:name/freeze") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.deleteFreeze(name, body) }
        }
        router.put("v1/splits/:name/latch") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.putLatch(name, body) }
        }
        router.delete("v1/splits/:name/latch") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.deleteLatch(name, body) }
        }
    }
}
