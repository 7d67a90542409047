internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle
internal import Settings

extension ControlServer {
    /// The routes of what the dashboard and `sluice top` show; the page itself only at the admin
    /// address, where browsers come.
    static func addDashboard(to router: ControlRoutes, _ api: ControlAPI) {
        router.get("v1/dashboard") { request, _ in response(await api.dashboard(), request) }
        router.get("v1/dashboard/now") { request, _ in
            response(await api.dashboardNow(), request)
        }
        router.get("v1/dashboard/stream") { request, _ in await stream(api, request) }
        router.get("v1/access") { request, _ in response(api.ownAccess(), request) }
        guard api.access == .readOnly else { return }
        for file in DashboardFile.allCases {
            router.get(RouterPath(file.path)) { request, _ in
                response(
                    Answer(contentType: file.contentType, body: file.bytes, isCompressible: true),
                    request)
            }
        }
    }

    /// The seconds from now on. A listener that takes too long is dropped by the dashboard, and
    /// its connection closed by `ControlConnection`.
    private static func stream(_ api: ControlAPI, _ request: Request) async -> Response {
        let dashboard = api.operation.dashboard
        guard let seconds = await dashboard.listen() else {
            let message = "there are \(Dashboard.mostListeners) listeners already"
            var full = response(.refusal(Refusal(status: 503, message: message)), request)
            full.headers[.retryAfter] = "5"
            return full
        }
        let first = await api.operation.dashboardNow().serverSentEvent
        return Response(
            status: .ok, headers: [.contentType: eventStream, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(bytes: first))
                for await second in seconds.cancelOnGracefulShutdown() {
                    try await writer.write(ByteBuffer(bytes: second))
                }
                try await writer.finish(nil)
            })
    }

    /// The media type of server-sent events.
    static let eventStream = "text/event-stream"

    /// What browsers are told of everything at the admin address: nothing but its own files runs or
    /// is asked for, nobody may show it in a frame, and no other site reads it.
    static let browserFields: [(HTTPField.Name, String)] = {
        let policy = """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
            connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            """
        let texts = [
            ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ]
        return texts.compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
    }()
}

extension ControlAPI {
    /// `GET /v1/dashboard`: the last hour, second by second, and how everything is now.
    package func dashboard() async -> Answer {
        Answer(
            contentType: "application/json", body: await operation.dashboardAnswer(),
            isCompressible: true)
    }

    /// `GET /v1/dashboard/now`.
    package func dashboardNow() async -> Answer {
        Answer(
            contentType: "application/json",
            body: Array((JSONWriter.line(await operation.dashboardNow()) + "\n").utf8),
            isCompressible: true)
    }

    /// `GET /v1/access`: who asks, and what they may do here.
    package func ownAccess() -> Answer {
        if access == .full { return .json(.object(["name": .null, "role": "write"])) }
        guard let holder = AdminGate.holder else {
            return .json(.object(["name": .null, "role": "none"]))
        }
        return .json(
            .object(["name": .string(holder.name), "role": .string(holder.role.rawValue)]))
    }
}
