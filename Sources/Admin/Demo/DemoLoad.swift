internal import Kernel
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// A gentle load: a few clients that ask again and again on connections that they keep.
final class DemoLoad: Service {
    private static let clients = 4
    private static let pause = Duration.milliseconds(9)
    private static let retryPause = Duration.milliseconds(200)

    /// What is asked for, by turns.
    private let requests: [ByteBuffer]
    private let port: @Sendable () -> Int?
    private let isWanted: @Sendable () async -> Bool
    private let failures = Lock(0)
    private let answers = Lock(0)

    /// A load on a port, for as long as it is wanted.
    init(
        paths: [String] = ["/demo"], port: @escaping @Sendable () -> Int?,
        isWanted: @escaping @Sendable () async -> Bool
    ) {
        requests = paths.map { path in
            ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: demo\r\n\r\n")
        }
        self.port = port
        self.isWanted = isWanted
    }

    /// Requests without a whole answer of status 200.
    var failureCount: Int { failures.withLock { $0 } }

    /// Whole answers, whatever they say.
    var answerCount: Int { answers.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                for _ in 0..<Self.clients { group.addTask { await self.ask() } }
            }
        }
    }

    /// One client, on one connection after the other.
    private func ask() async {
        while !Task.isCancelled {
            do {
                try await askOnOneConnection()
            } catch {
                if await isWanted(), !Task.isCancelled { failures.withLock { $0 += 1 } }
            }
            try? await Task.sleep(for: Self.retryPause)
        }
    }

    private func askOnOneConnection() async throws {
        guard await isWanted(), let port = port() else { return }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            var pieces = inbound.makeAsyncIterator()
            var turn = 0
            while !Task.isCancelled, await isWanted() {
                try await outbound.write(requests[turn % requests.count])
                turn += 1
                var answer = DemoAnswer()
                while !answer.isWhole {
                    guard let piece = try await pieces.next() else { throw DemoAnswer.Fault() }
                    answer.append(Array(piece.readableBytesView))
                }
                answers.withLock { $0 += 1 }
                if answer.status != 200 { failures.withLock { $0 += 1 } }
                if answer.ends { return }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }
}

/// An answer while it comes in; as much of HTTP as the demo's own upstreams speak.
struct DemoAnswer {
    /// The connection ended inside of an answer.
    struct Fault: Error {}

    private var bytes: [UInt8] = []
    private(set) var status: Int?
    /// Whether the connection ends with this answer.
    private(set) var ends = false
    private var wholeCount: Int?

    var isWhole: Bool { wholeCount.map { bytes.count >= $0 } ?? false }

    mutating func append(_ piece: [UInt8]) {
        bytes += piece
        guard status == nil, let headEnd = headEnd() else { return }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).lowercased()
            .split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        ends = lines.contains("connection: close")
        let length = lines.first { $0.hasPrefix("content-length: ") }
        wholeCount = headEnd + (length.flatMap { Int($0.dropFirst(16)) } ?? 0)
    }

    private func headEnd() -> Int? {
        let end = Array("\r\n\r\n".utf8)
        return bytes.indices.first { bytes[$0...].starts(with: end) }.map { $0 + end.count }
    }
}
