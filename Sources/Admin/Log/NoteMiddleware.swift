internal import Hummingbird
internal import Logging

/// Writes down what was asked of the control API: changes that were refused, and at the level
/// debug everything.
struct NoteMiddleware: RouterMiddleware {
    /// Where the request that this task serves is written down.
    @TaskLocal private static var log: Logger?

    let logger: Logger

    func handle(
        _ request: Request, context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        let response = try await Self.$log.withValue(logger) { try await next(request, context) }
        logger.debug("control: \(Self.words(request)): \(response.status.code)")
        return response
    }

    /// One line for each change that was refused. Who has no right token is told of in a sum, since
    /// anybody may send such requests.
    static func note(_ answer: Answer, to request: Request) {
        guard let log, answer.status >= 400, answer.status != 401, answer.status != 403 else {
            return
        }
        let reason = (try? JSONReader.read(answer.body))?["error"]?.text ?? ""
        log.warning(
            "refused with \(answer.status): \(words(request)) by \(Caller.current.words): \(reason)"
        )
    }

    private static func words(_ request: Request) -> String {
        "\(request.method.rawValue) \(request.uri.path.debugDescription)"
    }
}
