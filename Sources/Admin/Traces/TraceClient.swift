internal import AsyncHTTPClient
internal import Kernel
internal import NIOCore
internal import NIOHTTP1

/// Sends spans over HTTP. Redirects are not followed: the fields that go along are secrets.
final class TraceClient: TraceTransport {
    private static let connectSeconds: Int64 = 5
    private static let longestAnswer = 64 << 10

    /// Made when it is first needed: most have nobody to tell.
    private let client = Lock<HTTPClient?>(nil)

    func send(
        _ body: [UInt8], to endpoint: String, fields: [(name: String, value: String)],
        milliseconds: Int
    ) async -> TraceReply {
        var request = HTTPClientRequest(url: endpoint)
        request.method = .POST
        for field in fields { request.headers.add(name: field.name, value: field.value) }
        request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
        if !request.headers.contains(name: "User-Agent") {
            request.headers.add(name: "User-Agent", value: "sluice/\(Version.text)")
        }
        request.body = .bytes(body)
        do {
            let response = try await current().execute(
                request, timeout: .milliseconds(Int64(milliseconds)))
            let answer = try await response.body.collect(upTo: Self.longestAnswer)
            return TraceReply(
                status: Int(response.status.code),
                retryAfter: response.headers.first(name: "Retry-After"),
                body: Array(answer.readableBytesView))
        } catch {
            if Task.isCancelled { return .cancelled }
            return .again(seconds: nil, reason: "\(SmokeFault(error))")
        }
    }

    func close() async {
        let client = client.withLock { client in
            let last = client
            client = nil
            return last
        }
        try? await client?.shutdown()
    }

    private func current() -> HTTPClient {
        client.withLock { client in
            if let client { return client }
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            configuration.timeout = .init(connect: .seconds(Self.connectSeconds))
            configuration.connectionPool.retryConnectionEstablishment = false
            configuration.httpVersion = .http1Only
            let made = HTTPClient(
                eventLoopGroupProvider: .singleton, configuration: configuration)
            client = made
            return made
        }
    }
}
