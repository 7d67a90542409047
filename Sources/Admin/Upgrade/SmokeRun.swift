internal import AsyncHTTPClient
internal import Kernel
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import Settings

/// Asks a target of each side the same requests and compares what they answer.
package enum SmokeRun {
    /// How long anything may take.
    package struct Times: Sendable {
        /// To connect, for one answer, and for all of them: less than a command waits.
        package var connectSeconds: Int64 = 2
        package var answerSeconds: Int64 = 4
        package var runSeconds: Int64 = 12

        /// Such that a command that waits for them gets an answer.
        package init() {}
    }

    /// Longer answers are not compared.
    static let longestBody = 1 << 20
    private static let mostAtOnce = 4

    /// What each request came to, in their order. A side is its name and an address.
    package static func run(
        _ requests: [SmokeRequest], x: (name: String, address: String),
        y: (name: String, address: String), times: Times = Times()
    ) async -> [UpgradeFacts.Smoke] {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(
            connect: .seconds(times.connectSeconds), read: .seconds(times.answerSeconds))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: configuration)
        let end = Instant.now().nanoseconds + times.runSeconds * 1_000_000_000
        let results = await withTaskGroup(of: (Int, UpgradeFacts.Smoke).self) { group in
            var results = requests.map { UpgradeFacts.Smoke(request: $0.text) }
            for (index, request) in requests.enumerated() {
                if index >= mostAtOnce, let (done, result) = await group.next() {
                    results[done] = result
                }
                group.addTask {
                    let left = max(0, end - Instant.now().nanoseconds)
                    let most = min(left, times.answerSeconds * 1_000_000_000)
                    async let old = ask(client, request, x.address, nanoseconds: most)
                    async let new = ask(client, request, y.address, nanoseconds: most)
                    let differences = compare(
                        request, (x.name, await old), (y.name, await new))
                    return (
                        index, UpgradeFacts.Smoke(request: request.text, differences: differences)
                    )
                }
            }
            for await (index, result) in group { results[index] = result }
            return results
        }
        try? await client.shutdown()
        return results
    }

    private static func compare(
        _ request: SmokeRequest, _ x: (name: String, answer: Result<SmokeAnswer, SmokeFault>),
        _ y: (name: String, answer: Result<SmokeAnswer, SmokeFault>)
    ) -> [String] {
        var faults: [String] = []
        for side in [x, y] {
            if case .failure(let fault) = side.answer { faults.append("\(side.name): \(fault)") }
        }
        guard case .success(let old) = x.answer, case .success(let new) = y.answer else {
            return faults
        }
        return SmokeComparison.differences(old, new, by: request.compare)
    }

    /// Whatever comes first: the answer to its end, or the end of its time.
    private static func ask(
        _ client: HTTPClient, _ request: SmokeRequest, _ address: String, nanoseconds: Int64
    ) async -> Result<SmokeAnswer, SmokeFault> {
        await withTaskGroup(of: Result<SmokeAnswer, SmokeFault>.self) { group in
            group.addTask { await send(client, request, address, .nanoseconds(nanoseconds)) }
            group.addTask {
                try? await Task.sleep(for: .nanoseconds(nanoseconds))
                return .failure(.late)
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .failure(.late)
        }
    }

    private static func send(
        _ client: HTTPClient, _ request: SmokeRequest, _ address: String, _ most: TimeAmount
    ) async -> Result<SmokeAnswer, SmokeFault> {
        var message = HTTPClientRequest(url: "http://\(address)\(request.path)")
        message.method = HTTPMethod(rawValue: request.method)
        for header in request.headers {
            message.headers.add(name: header.name, value: header.value)
        }
        if !message.headers.contains(name: "User-Agent") {
            message.headers.add(name: "User-Agent", value: "sluice/\(Version.text)")
        }
        do {
            let response = try await client.execute(message, timeout: most)
            let body = try await response.body.collect(upTo: longestBody)
            return .success(
                SmokeAnswer(
                    status: Int(response.status.code),
                    fields: response.headers.map { ($0.name, $0.value) },
                    body: Array(body.readableBytesView)))
        } catch {
            return .failure(SmokeFault(error))
        }
    }
}

/// Why there is no answer to a smoke request.
enum SmokeFault: Error, Sendable, Equatable, CustomStringConvertible {
    case late
    case long
    case broken(String)

    init(_ error: any Error) {
        switch error {
        case is NIOTooManyBytesError: self = .long
        case let error as HTTPClientError
        where [.deadlineExceeded, .readTimeout, .connectTimeout].contains(error):
            self = .late
        case let error as HTTPClientError: self = .broken(error.shortDescription)
        case is CancellationError: self = .late
        case let error as NIOConnectionError:
            let last = error.connectionErrors.last?.error as? IOError
            self = .broken(last.map { "\(Errno(code: $0.errnoCode))" } ?? "no connection")
        case let error as IOError: self = .broken("\(Errno(code: error.errnoCode))")
        case is HTTPParserError: self = .broken("no HTTP")
        default:
            let line = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
            self = .broken(String(line.prefix(200)))
        }
    }

    var description: String {
        switch self {
        case .late: "no answer in time"
        case .long: "the answer is longer than \(SmokeRun.longestBody >> 20) MiB"
        case .broken(let reason): reason
        }
    }
}

extension SmokeRequest {
    /// `GET /orders`.
    var text: String { "\(method) \(path)" }
}
