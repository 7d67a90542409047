internal import Bytes
internal import HTTPTypes
package import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
internal import NIOCore
package import NIOSSL

/// The control API over HTTP, for a Unix socket and for the admin address.
package enum ControlServer {
    /// A body is a few names and numbers.
    static let longestBody = 64 * 1024
    /// So that connections, here and on the other server, leave room in the descriptors that are
    /// kept for control. Those that have to go for others are a moment in going.
    private static let mostConnections = 24
    static let mostGuests = 20
    /// Who waits to be let in, for a moment.
    static let backlog = 1_024

    /// A server of the API at an address; it throws what is wrong with `tls`.
    package static func application(
        _ api: ControlAPI, at address: BindAddress, logger: Logger,
        patience: ControlPatience = ControlPatience(), tls: TLSConfiguration? = nil,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) throws -> some ApplicationProtocol {
        var quiet = logger
        // Its own lines about starting and stopping would say twice what we say.
        quiet.logLevel = max(logger.logLevel, .error)
        let room = ControlRoom(places: mostGuests)
        let plain = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [ControlConnection(room: room, patience: patience)]))
        let server = try tls.map { try HTTPServerBuilder.tls(plain, tlsConfiguration: $0) }
        return Application(
            responder: routes(api).responder(), server: server ?? plain,
            configuration: .init(
                address: address, backlog: backlog,
                availableConnectionsDelegate: .maximum(mostConnections, logger: quiet)),
            onServerRunning: onServerRunning, logger: quiet)
    }

    static func routes(_ api: ControlAPI) -> ControlRoutes {
        let router = ControlRoutes()
        switch api.access {
        case .full:
            _ = router.add(middleware: Fallback())
            _ = router.add(middleware: NoteMiddleware(logger: api.operation.logger))
            _ = router.add(middleware: CallerMiddleware())
        case .readOnly:
            _ = router.add(middleware: BrowserMiddleware())
            _ = router.add(middleware: Fallback())
            _ = router.add(middleware: NoteMiddleware(logger: api.operation.logger))
            _ = router.add(middleware: GateMiddleware(gate: api.operation.gate))
        }
        router.get("v1/status") { request, _ in response(await api.status(), request) }
        router.get("v1/splits") { request, _ in response(await api.splits(), request) }
        router.get("v1/splits/:name") { request, context in
            response(await api.split(try context.name()), request)
        }
        router.put("v1/splits") { request, _ in
            await changing(request) { await api.putSplits($0, ifMatch: $1) }
        }
        router.put("v1/splits/:name") { request, context in
            let name = try context.name()
            return await changing(request) { await api.putSplit(name, $0, ifMatch: $1) }
        }
        router.post("v1/splits/:name/rollback") { request, context in
            let name = try context.name()
            return await changing(request) { await api.rollback(name, $0, ifMatch: $1) }
        }
        router.post("v1/rollback") { request, _ in
            await changing(request) { await api.rollbackAll($0, ifMatch: $1) }
        }
        addDashboard(to: router, api)
        addUpstreams(to: router, api)
        addShifts(to: router, api)
        addFreezes(to: router, api)
        addUpgrades(to: router, api)
        addRollouts(to: router, api)
        addLog(to: router, api)
        router.get("metrics") { request, _ in response(await api.metrics(), request) }
        router.get("healthz") { request, _ in response(await api.health(), request) }
        router.get("readyz") { request, _ in response(await api.readiness(), request) }
        return router
    }

    static func changing(
        _ request: Request, _ change: ([UInt8], String?) async -> Answer
    ) async -> Response {
        do {
            let body = try await request.body.collect(upTo: longestBody)
            let answer = await change(Array(body.readableBytesView), request.headers[.ifMatch])
            NoteMiddleware.note(answer, to: request)
            return response(answer, request)
        } catch {
            return response(
                .refusal(Refusal(status: 413, message: "the body is too large")), request)
        }
    }

    static func response(_ answer: Answer, _ request: Request) -> Response {
        var body = answer.body
        var fields: HTTPFields = [.contentType: answer.contentType, .cacheControl: "no-store"]
        if answer.isCompressible, acceptsGzip(request.headers[values: .acceptEncoding]),
            let compressed = Gzip.compress(body)
        {
            body = compressed
            fields[.contentEncoding] = "gzip"
            fields[.vary] = "Accept-Encoding"
        }
        if answer.status == 401 { fields[.wwwAuthenticate] = "Bearer" }
        return Response(
            status: .init(code: answer.status), headers: fields,
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// Whether gzip is named, and not with a weight of 0 (RFC 9110 section 12.5.3).
    static func acceptsGzip(_ values: [String]) -> Bool {
        values.joined(separator: ",").split(separator: ",").contains { coding in
            let parts = coding.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            guard let name = parts.first, name == "gzip" || name == "*" else { return false }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            return weight.flatMap { Double($0.dropFirst(2)) } != 0
        }
    }

    /// Says in JSON what no route answers.
    private struct Fallback: RouterMiddleware {
        func handle(
            _ request: Request, context: ControlContext,
            next: (Request, ControlContext) async throws -> Response
        ) async throws -> Response {
            do {
                return try await next(request, context)
            } catch {
                let status = (error as? HTTPError)?.status ?? .internalServerError
                let message = "\(request.method) \(request.uri.path): \(status.reasonPhrase)"
                return ControlServer.response(
                    .refusal(Refusal(status: status.code, message: message)), request)
            }
        }
    }
}
