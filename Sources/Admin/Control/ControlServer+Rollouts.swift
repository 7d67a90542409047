internal import Hummingbird

extension ControlServer {
    /// The routes of rollouts.
    static func addRollouts(to router: ControlRoutes, _ api: ControlAPI) {
        router.get("v1/rollout") { request, _ in response(await api.rollout(), request) }
        router.get("v1/rollout/history") { request, _ in
            response(await api.rolloutHistory(), request)
        }
        router.post("v1/rollout") { request, _ in
            await changing(request) { body, _ in await api.startRollout(body) }
        }
        router.post("v1/rollout/pause") { request, _ in
            await changing(request) { body, _ in await api.pauseRollout(body) }
        }
        router.post("v1/rollout/resume") { request, _ in
            await changing(request) { body, _ in await api.resumeRollout(body) }
        }
        router.post("v1/rollout/approve") { request, _ in
            await changing(request) { body, _ in await api.approveRollout(body) }
        }
        router.post("v1/rollout/abort") { request, _ in
            await changing(request) { body, _ in await api.abortRollout(body) }
        }
    }
}
