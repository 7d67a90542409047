internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Kernel
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import ServiceLifecycle

/// A server of the API on a socket that this process was started with.
struct InheritedServer<Child: ServerChildChannel>: Service {
    let socket: InheritedSocket
    let child: Child
    let logger: Logger
    let onServerRunning: @Sendable (any Channel) async -> Void

    func run() async throws {
        let (child, logger) = (child, logger)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(socket.duplicate().release()) { channel in
                child.setup(channel: channel, logger: logger)
            }
        let channel = server.channel
        try await withGracefulShutdownHandler {
            await onServerRunning(channel)
            try await withThrowingDiscardingTaskGroup { group in
                try await server.executeThenClose { inbound in
                    for try await value in inbound {
                        group.addTask { await child.handle(value: value, logger: logger) }
                    }
                }
            }
        } onGracefulShutdown: {
            channel.close(promise: nil)
        }
    }
}

extension ControlServer {
    /// A server of the API on a socket that this process was started with, or at an address; it
    /// throws what is wrong with `tls`.
    static func service(
        _ api: ControlAPI, on socket: InheritedSocket?, orAt address: BindAddress, logger: Logger,
        tls: TLSConfiguration? = nil,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void
    ) throws -> any Service {
        guard let socket else {
            return try application(
                api, at: address, logger: logger, tls: tls, onServerRunning: onServerRunning)
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .error)
        let plain = channel(api, quiet)
        func server(_ child: some ServerChildChannel) -> any Service {
            InheritedServer(
                socket: socket, child: child, logger: quiet, onServerRunning: onServerRunning)
        }
        guard let tls else { return server(plain) }
        return server(try TLSChannel(plain, tlsConfiguration: tls))
    }

    /// What serves one connection, as an application does.
    private static func channel(_ api: ControlAPI, _ logger: Logger) -> HTTP1Channel {
        let room = ControlRoom(places: mostGuests)
        let patience = ControlPatience()
        let responder = routes(api).responder()
        return HTTP1Channel(
            responder: { request, writer, channel in
                let context = ControlContext(source: .init(channel: channel, logger: logger))
                let response: Response
                do {
                    response = try await responder.respond(to: request, context: context)
                } catch {
                    response = Response(status: .internalServerError)
                }
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: .init(
                additionalChannelHandlers: [ControlConnection(room: room, patience: patience)]))
    }
}
