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

    /// The IP address at the other end; nil where there is none.
    var address: String? { channel.remoteAddress?.ipAddress }

    /// The name in the path, as it was before it was escaped for it.
    func name() throws -> String {
        let raw = try parameters.require("name")
        return Self.unescaped(raw) ?? raw
    }

    /// RFC 3986 section 2.1; nil for what no text was escaped to.
    static func unescaped(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = Self.byte(rest.prefix(2)) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func byte(_ digits: Substring.UTF8View) -> UInt8? {
        guard digits.count == 2 else { return nil }
        return digits.reduce(UInt8(0) as UInt8?) { value, digit in
            let scalar = Character(Unicode.Scalar(digit))
            guard let value, let number = scalar.hexDigitValue, digit < 128 else { return nil }
            return value << 4 | UInt8(number)
        }
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

/// Finds out who asks at the control socket, and lets the work for the request know.
struct CallerMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        // Those who only look are not asked.
        guard request.method != .get, request.method != .head else {
            return try await next(request, context)
        }
        let caller = await context.process()
        return try await Caller.$current.withValue(caller) { try await next(request, context) }
    }
}
