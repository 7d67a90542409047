internal import Kernel
package import Logging
package import Proxy
package import Settings

/// Keeps spans until enough of them, or the oldest long enough, have waited, and sends them. It
/// never holds up whoever brings them: what finds no room is dropped and counted.
package final class TraceExporter: Sendable {
    /// How much and how long.
    package struct Bounds: Sendable {
        /// Spans in one message, and spans that wait.
        package var batch = 512
        package var waiting = 4_096
        /// How often a message is sent at most, the pause before the second time, which doubles
        /// from time to time, and the longest of them, in milliseconds.
        package var attempts = 5
        package var firstPause = 1_000
        package var longestPause = 8_000
        /// How long an answer may take, in milliseconds.
        package var answer = 10_000
        /// How often the file of fields is read again, in milliseconds.
        package var fields = 10_000

        /// Such that a collector may restart meanwhile.
        package init() {}
    }

    private struct State {
        var settings: TraceSettings?
        var spans: [ExchangeSpan] = []
        /// Since when the first of them waits.
        var since = Instant(nanoseconds: 0)
        var fault: String?
        /// What was read of the file of fields, and when it is read again.
        var fields: [(name: String, value: String)]?
        var readAgain = Instant(nanoseconds: 0)
        /// Why the file cannot be used that was used before.
        var fieldsFault: TraceFields.Fault?
    }

    private static let lookMilliseconds = 50

    private let transport: any TraceTransport
    private let tally: TraceTally
    private let logger: Logger
    private let bounds: Bounds
    private let state = Lock(State())

    package init(
        _ transport: any TraceTransport, tally: TraceTally, logger: Logger,
        bounds: Bounds = Bounds()
    ) {
        self.transport = transport
        self.tally = tally
        self.logger = logger
        self.bounds = bounds
    }

    /// Sends as the settings say from now on; nil: nothing, and what waits is dropped.
    package func adopt(_ settings: TraceSettings?) {
        let dropped = state.withLock { state in
            guard state.settings != settings else { return 0 }
            state.settings = settings
            state.fields = nil
            state.readAgain = Instant(nanoseconds: 0)
            state.fault = nil
            state.fieldsFault = nil
            guard settings == nil else { return 0 }
            defer { state.spans = [] }
            return state.spans.count
        }
        tally.add(dropped: dropped)
    }

    /// Takes spans in, as far as there is room.
    package func add(_ spans: [ExchangeSpan]) {
        let dropped = state.withLock { state in
            guard state.settings != nil else { return spans.count }
            let taken = spans.prefix(max(0, bounds.waiting - state.spans.count))
            if state.spans.isEmpty { state.since = .now() }
            state.spans += taken
            return spans.count - taken.count
        }
        tally.add(dropped: dropped)
    }

    /// Sends, message by message, until it is cancelled; what was not taken by then waits again.
    package func run() async {
        while !Task.isCancelled {
            if let spans = takeBatch() {
                await deliver(spans)
            } else {
                try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
            }
        }
    }

    /// Sends what waits, once, for so many milliseconds, and closes. What is left then is dropped.
    package func finish(milliseconds: Int) async {
        let end = Instant.now().advanced(byMilliseconds: milliseconds)
        var lost = 0
        while lost == 0, !Task.isCancelled, let (settings, spans) = takeRest() {
            let left = Int(end.since(.now()) / 1_000_000)
            let reply = left > 0 ? await send(spans, settings, milliseconds: left) : .cancelled
            switch reply {
            case .taken, .refused: _ = settle(reply, spans, isLast: true)
            case .again, .cancelled: lost = spans.count
            }
        }
        lost += state.withLock { $0.spans.count }
        tally.add(dropped: lost)
        if lost > 0 { logger.warning("otlp: the last \(lost) spans are lost") }
        await transport.close()
    }
}

extension TraceExporter {
    /// A message's worth, if it is time to send it.
    private func takeBatch() -> [ExchangeSpan]? {
        state.withLock { state in
            guard let settings = state.settings, !state.spans.isEmpty else { return nil }
            let isDue =
                state.since.advanced(byMilliseconds: settings.intervalMilliseconds) <= .now()
            guard isDue || state.spans.count >= bounds.batch else { return nil }
            return Self.take(bounds.batch, of: &state)
        }
    }

    private func takeRest() -> (TraceSettings, [ExchangeSpan])? {
        state.withLock { state in
            guard let settings = state.settings, !state.spans.isEmpty else { return nil }
            return (settings, Self.take(bounds.batch, of: &state))
        }
    }

    private static func take(_ most: Int, of state: inout State) -> [ExchangeSpan] {
        let spans = Array(state.spans.prefix(most))
        state.spans.removeFirst(spans.count)
        state.since = .now()
        return spans
    }

    /// Sends a message until it is taken, or has been sent as often as is sensible.
    private func deliver(_ spans: [ExchangeSpan]) async {
        for attempt in 1... {
            guard let settings = state.withLock({ $0.settings }) else {
                return tally.add(dropped: spans.count)
            }
            let reply = await send(spans, settings, milliseconds: bounds.answer)
            if settle(reply, spans, isLast: attempt >= bounds.attempts) { return }
            guard case .again(let seconds, _) = reply else { return putBack(spans) }
            let pause = min(bounds.firstPause << (attempt - 1), bounds.longestPause)
            // Not all who wait at the same time come back at the same time.
            let milliseconds = seconds.map { $0 * 1_000 } ?? Int.random(in: pause / 2...pause)
            await rest(milliseconds: milliseconds, under: settings)
            if Task.isCancelled { return putBack(spans) }
        }
    }

    /// Counts what came of spans; false if they are still somebody's to send.
    private func settle(_ reply: TraceReply, _ spans: [ExchangeSpan], isLast: Bool) -> Bool {
        switch reply {
        case .taken(let rejected, let message):
            let failed = min(rejected, spans.count)
            tally.add(exported: spans.count - failed, failed: failed)
            note(failed > 0 ? "has not taken all spans: \(message)" : nil)
            return true
        case .refused(let reason):
            tally.add(failed: spans.count)
            note(reason)
            return true
        case .again(_, let reason):
            note(reason)
            if isLast { tally.add(failed: spans.count) }
            return isLast
        case .cancelled:
            return false
        }
    }

    private func send(
        _ spans: [ExchangeSpan], _ settings: TraceSettings, milliseconds: Int
    ) async -> TraceReply {
        switch await fields(settings) {
        case .failure(let fault): return .again(seconds: nil, reason: "\(fault)")
        case .success(let fields):
            let body = TraceMessage.body(spans, serviceName: settings.serviceName)
            return await transport.send(
                body, to: settings.endpoint, fields: fields, milliseconds: milliseconds)
        }
    }

    /// Those of the file, which is read now and then. One that cannot be read, or has a fault, as
    /// when it is being written, leaves those that were read before.
    private func fields(
        _ settings: TraceSettings
    ) async -> Result<[(name: String, value: String)], TraceFields.Fault> {
        guard let path = settings.headersFile else { return .success([]) }
        let (known, isDue) = state.withLock { ($0.fields, $0.readAgain <= .now()) }
        if let known, !isDue { return .success(known) }
        let read = await DiskQueue.threads.run { TraceFields.read(path) }
        noteFields(read, path, settings)
        return state.withLock { state in
            guard state.settings == settings else { return read }
            switch read {
            case .success(let fields): state.fields = fields
            case .failure where known == nil: return read
            case .failure: break
            }
            state.readAgain = Instant.now().advanced(byMilliseconds: bounds.fields)
            return .success(state.fields ?? [])
        }
    }

    /// Once for each fault of a file that was sound before, and when it is over. Where nothing was
    /// read yet nothing is sent, and that is told as what sending comes to.
    private func noteFields(
        _ read: Result<[(name: String, value: String)], TraceFields.Fault>, _ path: String,
        _ settings: TraceSettings
    ) {
        let fault: TraceFields.Fault? = if case .failure(let fault) = read { fault } else { nil }
        let isNews = state.withLock { state in
            guard state.settings == settings, state.fields != nil, state.fieldsFault != fault
            else { return false }
            state.fieldsFault = fault
            return true
        }
        guard isNews else { return }
        if let fault {
            logger.warning("otlp: headers_file: \(fault); what was read before is sent")
        } else {
            logger.notice("otlp: headers_file: \(path) is sound again")
        }
    }

    /// They come first when sending goes on; those that came meanwhile may find no room.
    private func putBack(_ spans: [ExchangeSpan]) {
        let dropped = state.withLock { state in
            state.spans.insert(contentsOf: spans, at: 0)
            let most = max(bounds.waiting, spans.count)
            let dropped = max(0, state.spans.count - most)
            state.spans.removeLast(dropped)
            return dropped
        }
        tally.add(dropped: dropped)
    }

    /// Until so long has passed, or the settings have changed.
    private func rest(milliseconds: Int, under settings: TraceSettings) async {
        let end = Instant.now().advanced(byMilliseconds: milliseconds)
        while !Task.isCancelled, Instant.now() < end,
            state.withLock({ $0.settings == settings })
        {
            let left = Int64(end.since(.now()) / 1_000_000) + 1
            try? await Task.sleep(for: .milliseconds(min(left, Int64(Self.lookMilliseconds))))
        }
    }

    /// Once for each fault, and when it is over.
    private func note(_ fault: String?) {
        let (before, endpoint) = state.withLock { state in
            let before = state.fault
            state.fault = fault
            return (before, state.settings?.endpoint ?? "")
        }
        guard before != fault else { return }
        if let fault {
            logger.warning("otlp: \(endpoint): \(fault)")
        } else {
            logger.notice("otlp: \(endpoint): spans are taken again")
        }
    }
}
