internal import Hummingbird

extension ControlServer {
    /// The routes of upstreams and their drains.
    static func addUpstreams(to router: ControlRoutes, _ api: ControlAPI) {
        router.get("v1/upstreams") { request, _ in response(await api.upstreams(), request) }
        router.get("v1/upstreams/:name") { request, context in
            response(await api.upstream(try context.name()), request)
        }
        router.post("v1/upstreams/:name/drain") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.drain(name, body) }
        }
        router.post("v1/upstreams/:name/undrain") { request, context in
            let name = try context.name()
            return await changing(request) { body, _ in await api.undrain(name, body) }
        }
    }
}
