internal import HTTPTypes
internal import Hummingbird

/// The routes of the control API: which handler answers, and which methods a path has.
final class ControlRoutes: RouterMethods {
    private let router = Router(
        context: ControlContext.self, options: .autoGenerateHeadEndpoints)
    private var methods = PathMethods()

    func on<Responder: HTTPResponder>(
        _ path: RouterPath, method: HTTPRequest.Method, responder: Responder
    ) -> Self where Responder.Context == ControlContext {
        methods.add(method, to: path)
        router.on(path, method: method, responder: responder)
        return self
    }

    func add(middleware: any MiddlewareProtocol<Request, Response, ControlContext>) -> Self {
        router.add(middleware: middleware)
        return self
    }

    /// What answers; there are no more routes from here on.
    func responder() -> ControlResponder {
        ControlResponder(router: router.buildResponder(), methods: methods)
    }
}

/// Answers by the routes. A path that is there, asked in a way that it does not know, says which
/// ways it knows (RFC 9110 section 15.5.6).
struct ControlResponder: HTTPResponder {
    let router: RouterResponder<ControlContext>
    let methods: PathMethods

    func respond(to request: Request, context: ControlContext) async throws -> Response {
        let known = methods.known(request.uri.path)
        guard !known.isEmpty, !known.contains(request.method) else {
            return try await router.respond(to: request, context: context)
        }
        let allowed = known.map(\.rawValue).joined(separator: ", ")
        let message =
            "\(request.method) \(request.uri.path): this method is not allowed; expected \(allowed)"
        var response = ControlServer.response(
            .refusal(Refusal(status: 405, message: message)), request)
        response.headers[.allow] = allowed
        return response
    }
}

/// The methods of each path.
struct PathMethods: Sendable {
    private var rows: [(pattern: [Substring], method: HTTPRequest.Method)] = []

    mutating func add(_ method: HTTPRequest.Method, to path: RouterPath) {
        let pattern = path.description[...].split(separator: "/")
        rows.append((pattern, method))
        if method == .get { rows.append((pattern, .head)) }
    }

    /// The methods of a path, in the order of the alphabet; none where there is no such path. What
    /// stands in braces in a pattern is any name.
    func known(_ path: String) -> [HTTPRequest.Method] {
        let parts = path.split(separator: "/")
        let found = rows.filter { row in
            row.pattern.count == parts.count
                && zip(row.pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return Set(found.map(\.method)).sorted { $0.rawValue < $1.rawValue }
    }
}
