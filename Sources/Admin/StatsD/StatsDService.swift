internal import Kernel
internal import Logging
internal import Proxy
internal import ServiceLifecycle
internal import Settings
internal import Telemetry

/// Pushes metrics over UDP, as often as the settings say and to whom they say.
struct StatsDService: Service {
    /// How often it looks whether there is anybody to tell.
    private static let idleMilliseconds = 1_000

    let operation: Operation

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var push: StatsDPush?
            while !Task.isCancelled {
                let settings = await operation.snapshot.statsD
                if push?.settings != settings {
                    push = settings.map {
                        StatsDPush($0, tally: operation.statsD, logger: operation.logger)
                    }
                }
                await push?.run(await operation.exposition().samples())
                await rest(settings)
            }
        }
    }

    /// Until the next push, or until the settings have changed.
    private func rest(_ settings: StatsDSettings?) async {
        let end = Instant.now().advanced(
            byMilliseconds: settings?.intervalMilliseconds ?? Self.idleMilliseconds)
        while !Task.isCancelled {
            let left = end.since(.now()) / 1_000_000
            guard left > 0, await operation.snapshot.statsD == settings else { return }
            let pause = min(Int64(left), Int64(Self.idleMilliseconds))
            try? await Task.sleep(for: .milliseconds(pause))
        }
    }
}

/// Who is told, and what was told last.
final class StatsDPush {
    /// A name is looked up again after so long, and after a failure.
    private static let nameMilliseconds = 60_000
    /// After so many datagrams the receiver gets a moment to read them.
    private static let burst = 32

    let settings: StatsDSettings
    private let tally: StatsDTally
    private let logger: Logger
    private var text: StatsDText
    /// Where a name leads, and which of these is told: after a failure the next one.
    private var addresses: [SocketAddress] = []
    private var turn = 0
    private var lookUpAgain = Instant(nanoseconds: 0)
    private var fault: String?

    init(_ settings: StatsDSettings, tally: StatsDTally, logger: Logger) {
        self.settings = settings
        self.tally = tally
        self.logger = logger
        text = StatsDText(settings)
    }

    /// Sends what the samples come to. What cannot be sent now is dropped and counted, never kept.
    nonisolated(nonsending) func run(_ samples: [MetricSample]) async {
        let batch = text.batch(samples)
        if batch.tooLong > 0 { tally.add(droppedLines: batch.tooLong) }
        await lookUp()
        let lines = batch.datagrams.reduce(0) { $0 + $1.lines }
        guard !addresses.isEmpty else { return tally.add(droppedLines: lines, errors: 1) }
        let address = addresses[turn % addresses.count]
        do throws(Errno) {
            try await send(batch, to: address)
        } catch {
            turn += 1
            note("\(address): \(error)")
            tally.add(droppedLines: lines, errors: 1)
        }
    }

    private nonisolated(nonsending) func send(
        _ batch: StatsDText.Batch, to address: SocketAddress
    ) async throws(Errno) {
        let socket = try DatagramSocket.open(to: address)
        var failure: Errno?
        for (index, datagram) in batch.datagrams.enumerated() {
            if index > 0, index % Self.burst == 0 { try? await Task.sleep(for: .milliseconds(1)) }
            var error = socket.send(datagram.bytes)
            // That of one before, which nobody has read: this one was not sent yet.
            if error == .connectionRefused {
                failure = error
                tally.add(errors: 1)
                error = socket.send(datagram.bytes)
            }
            guard let error else {
                tally.add(datagrams: 1)
                continue
            }
            failure = error
            tally.add(droppedLines: datagram.lines, errors: error == .heldByOther ? 0 : 1)
        }
        if let failure {
            turn += 1
            lookUpAgain = Instant(nanoseconds: 0)
            note("\(address): \(failure)")
        } else {
            if fault != nil { logger.notice("statsd: \(address) is told again") }
            fault = nil
        }
    }

    /// A name may lead elsewhere by now. Nobody waits for long: who asks has threads of its own.
    private nonisolated(nonsending) func lookUp() async {
        let port = settings.address.port
        let name: String
        switch settings.address.host {
        case .any: return
        case .ip(let ip):
            addresses = [SocketAddress(ip, port: port)]
            return
        case .name(let text): name = text
        }
        guard lookUpAgain <= .now() else { return }
        lookUpAgain = Instant.now().advanced(byMilliseconds: Self.nameMilliseconds)
        let found = await DiskQueue.threads.run {
            () -> Result<[SocketAddress], NameResolver.Failure> in
            do throws(NameResolver.Failure) {
                return .success(try NameResolver.addresses(of: name, port: port))
            } catch {
                return .failure(error)
            }
        }
        switch found {
        case .success(let found): if !found.isEmpty { addresses = found }
        case .failure(let failure):
            tally.add(errors: 1)
            lookUpAgain = Instant(nanoseconds: 0)
            note("\(name) cannot be looked up: \(failure)")
        }
    }

    /// Once for each fault.
    private func note(_ text: String) {
        if fault != text { logger.warning("statsd: \(text)") }
        fault = text
    }
}
