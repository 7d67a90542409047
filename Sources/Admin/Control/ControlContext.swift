internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import NIOCore

/// What a request to the control API brings along: the connection it came by.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The process at the other end of a Unix socket, as the kernel knows it.
    func process() async -> Caller {
        guard let provider = channel as? any SocketOptionProvider else { return .socket }
        let credentials: PeerCredentials? = try? await provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: PeerCredentials.option)
        ).get()
        guard let credentials else { return .socket }
        return .process(user: credentials.user, number: credentials.process)
    }
}

/// `struct ucred` of unix(7).
private struct PeerCredentials: Sendable {
    /// SO_PEERCRED.
    static let option: CInt = 17

    let process: Int32
    let user: UInt32
    let group: UInt32
}

/// Finds out who asks, and lets the work for the request know.
struct CallerMiddleware: RouterMiddleware {
    let access: ControlAPI.Access
    let tokens: AdminTokens

    func handle(
        _ request: Request, context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        // Those who only look are not asked.
        guard request.method != .get, request.method != .head else {
            return try await next(request, context)
        }
        let caller: Caller
        switch access {
        case .full:
            caller = await context.process()
        case .readOnly:
            let name = tokens.name(shownBy: request.headers[.authorization])
            caller = name.map { .token($0) } ?? .stranger
        }
        return try await Caller.$current.withValue(caller) { try await next(request, context) }
    }
}
