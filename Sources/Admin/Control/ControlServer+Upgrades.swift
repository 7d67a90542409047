internal import Hummingbird

extension ControlServer {
    /// The routes of upgrades.
    static func addUpgrades(to router: ControlRoutes, _ api: ControlAPI) {
        router.get("v1/upgrades") { request, _ in response(await api.upgrades(), request) }
        router.get("v1/upgrades/:name") { request, context in
            response(await api.upgrade(of: try context.name()), request)
        }
        router.post("v1/upgrades/:name") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.startUpgrade(name, body) }
        }
        router.post("v1/upgrades/:name/ack") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.acknowledgeStep(name, body) }
        }
        router.post("v1/upgrades/:name/smoke") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.runSmoke(name, body) }
        }
        router.post("v1/upgrades/:name/finish") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.finishUpgrade(name, body) }
        }
        router.post("v1/upgrades/:name/done") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.endUpgrade(name, body) }
        }
    }
}
