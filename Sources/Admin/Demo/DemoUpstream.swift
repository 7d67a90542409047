internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// A built-in upstream: answers every request with its name, after a little while.
struct DemoUpstream: Sendable {
    private static let latencyMicroseconds = 500...3_000

    let name: String
    /// The port that the system chose.
    let port: Int
    private let running: Task<Void, any Error>

    /// Starts one on a free port of the loopback interface.
    static func start(_ name: String) async throws -> DemoUpstream {
        let (ports, found) = AsyncStream<Int>.makeStream()
        var quiet = Logger(label: name)
        quiet.logLevel = .critical
        let router = Router()
        router.add(middleware: Everything(name: name, latency: latencyMicroseconds))
        let server = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { found.yield(port) }
            }, logger: quiet)
        let running = Task {
            defer { found.finish() }
            try await server.run()
        }
        for await port in ports { return DemoUpstream(name: name, port: port, running: running) }
        try await running.value
        throw CancellationError()
    }

    func stop() { running.cancel() }

    /// Answers whatever is asked.
    private struct Everything: RouterMiddleware {
        let name: String
        let latency: ClosedRange<Int>

        func handle(
            _ request: Request, context: BasicRequestContext,
            next: (Request, BasicRequestContext) async throws -> Response
        ) async throws -> Response {
            try await Task.sleep(for: .microseconds(Int.random(in: latency)))
            var fields: HTTPFields = [.contentType: "text/plain"]
            if let field = HTTPField.Name("X-Upstream") { fields[field] = name }
            return Response(
                status: .ok, headers: fields,
                body: .init(byteBuffer: ByteBuffer(string: "this is \(name)\n")))
        }
    }
}
