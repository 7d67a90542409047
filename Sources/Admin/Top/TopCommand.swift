package import Kernel

/// `sluice top`: the numbers of the dashboard in a terminal.
package struct TopCommand: Sendable {
    fileprivate static let path = "/v1/dashboard/now"
    private static let pauseMilliseconds = 1_000
    /// How soon a key, another size or an end is noticed.
    private static let turnMilliseconds: Int32 = 50

    private let client: ControlClient
    private let hasColours: Bool
    private let stepPercent: Double

    /// On a control socket; `noColour` is what NO_COLOR says (no-color.org).
    package init(socket: String, stepPercent: Double, noColour: String?) {
        client = ControlClient(socket: socket)
        self.stepPercent = stepPercent
        hasColours = ProcessFacts.writesToTerminal && (noColour ?? "").isEmpty
    }

    /// Prints everything once.
    package func once() -> Int32 {
        do throws(ControlClient.Fault) {
            let reply = try client.send("GET", Self.path)
            guard reply.status == 200, let now = reply.json else {
                StandardStream.error.write(
                    "\(client.socket): refused with status \(reply.status)\n")
                return ExitStatus.failed
            }
            let lines = TopView.lines(now).map {
                $0.written(columns: .max, hasColours: hasColours) + "\n"
            }
            return ExitStatus.printing(lines.joined())
        } catch {
            StandardStream.error.write("\(error)\n")
            if case .nobody = error { return ExitStatus.unavailable }
            return ExitStatus.failed
        }
    }

    /// Fills the screen until somebody quits; without a terminal it prints once.
    package func run() async -> Int32 {
        guard ProcessFacts.writesToTerminal, Terminal.givesKeys else { return once() }
        let first = once(asking: client)
        guard case .success(let reply) = first, reply.status == 200 else { return once() }
        do throws(Errno) {
            try Terminal.begin()
        } catch {
            StandardStream.error.write("the terminal cannot be used: \(error)\n")
            return ExitStatus.failed
        }
        // Who asks waits for an answer; keys must not.
        let news = Lock(News())
        news.withLock { $0.take(first) }
        let asking = Task.detached { await Self.ask(client, news) }
        defer { asking.cancel() }
        let status = Screen(client: client, hasColours: hasColours, news: news).run(
            TopSession(stepPercent: stepPercent), turnMilliseconds: Self.turnMilliseconds)
        Terminal.end()
        return await Self.settled(news) ?? status
    }

    /// Waits for the answer to what was confirmed right before the end, and prints it: a rollback
    /// is not lost by a quick q. Gives the exit status when it was refused.
    private static func settled(_ news: Lock<News>) async -> Int32? {
        guard let sending = news.withLock({ $0.sending }) else { return nil }
        await sending.value
        guard let told = news.withLock({ $0.told }) else { return nil }
        guard told.isDone else {
            StandardStream.error.write("\(VisibleText.lines(told.text))\n")
            return ExitStatus.failed
        }
        StandardStream.output.write("\(VisibleText.line(told.text))\n")
        return nil
    }

    private func once(asking client: ControlClient) -> News.Result { Self.look(client) }

    private static func look(_ client: ControlClient) -> News.Result {
        do throws(ControlClient.Fault) {
            return .success(try client.send("GET", path))
        } catch {
            return .failure(error)
        }
    }

    /// Looks once a second, on a thread that may wait.
    private static func ask(_ client: ControlClient, _ news: Lock<News>) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(pauseMilliseconds))
            let found = look(client)
            news.withLock { $0.take(found) }
        }
    }
}

/// What came last, and when.
struct News: Sendable {
    typealias Result = Swift.Result<ControlClient.Reply, ControlClient.Fault>

    private(set) var now: JSONValue = .null
    private(set) var at = Instant.now()
    /// Grows with each look, whatever came of it.
    private(set) var number = 0
    /// What a request came to, and whether it was done; nil when there is nothing new.
    var told: (text: String, isDone: Bool)?
    /// The request that was sent last.
    var sending: Task<Void, Never>?

    mutating func take(_ result: Result) {
        number += 1
        guard case .success(let reply) = result, reply.status == 200, let json = reply.json else {
            return
        }
        now = json
        at = Instant.now()
    }
}

/// How long nobody has answered.
package struct TopSilence: Sendable {
    /// News that are younger than this are fresh.
    private static let freshSeconds: Int64 = 3

    /// Nil while somebody answers.
    package private(set) var seconds: Int?

    /// Nobody is silent yet.
    package init() {}

    /// Says whether what is shown has to change, when the last answer came at this moment.
    package mutating func take(secondsSince last: Instant, _ now: Instant) -> Bool {
        let passed = Int64(now.since(last) / 1_000_000_000)
        let found = passed < Self.freshSeconds ? nil : Int(passed)
        defer { seconds = found }
        return found != seconds
    }
}

/// The whole screen of a terminal.
private struct Screen {
    let client: ControlClient
    let hasColours: Bool
    let news: Lock<News>

    func run(_ begin: TopSession, turnMilliseconds: Int32) -> Int32 {
        var session = begin
        var keys = TopKeys()
        var shown = -1
        var silence = TopSilence()
        var isDirty = true
        while true {
            let signals = Terminal.signals()
            if let ending = signals.ending { return 128 + ending }
            let latest = news.withLock { news in
                defer { news.told = nil }
                return (news: news, told: news.told)
            }
            if latest.news.number != shown || signals.isResized { isDirty = true }
            // Who asks may wait for long; that nobody answers must be told meanwhile.
            if silence.take(secondsSince: latest.news.at, .now()) { isDirty = true }
            if latest.news.number != shown { session.take(latest.news.now) }
            shown = latest.news.number
            if let told = latest.told {
                session.tell(told.text)
                isDirty = true
            }
            if isDirty { draw(session, silence, isWhole: signals.isResized) }
            isDirty = false
            let key: TopKey?
            switch Terminal.input(withinMilliseconds: turnMilliseconds) {
            case .end: return ExitStatus.done
            case .byte(let byte): key = keys.take(byte)
            case nil: key = keys.idle()
            }
            guard let key else { continue }
            isDirty = true
            switch session.press(key) {
            case .none: break
            case .quit: return ExitStatus.done
            case .send(let request): send(request)
            }
        }
    }

    /// Sends on another thread, one request after the other; what comes of it is told with the
    /// next news.
    private func send(_ request: TopSession.Request) {
        news.withLock { kept in
            let before = kept.sending
            kept.sending = Task.detached { [client, news] in
                await before?.value
                let told = Self.told(request, client)
                let now = Result { try client.send("GET", TopCommand.path) }
                news.withLock { news in
                    if case .success(let reply) = now { news.take(.success(reply)) }
                    news.told = told
                }
            }
        }
    }

    private static func told(
        _ request: TopSession.Request, _ client: ControlClient
    ) -> (text: String, isDone: Bool) {
        do throws(ControlClient.Fault) {
            let reply = try client.send(
                request.method, request.path, body: request.body, ifGeneration: request.ifGeneration
            )
            guard (200..<300).contains(reply.status) else {
                return (reply.json?["error"]?.text ?? "refused with \(reply.status)", false)
            }
            let isKept = reply.json?["durable"]?.bool != false
            return (request.done + (isKept ? "" : ", but not on the disk"), true)
        } catch {
            return ("\(error)", false)
        }
    }

    private func draw(_ session: TopSession, _ silence: TopSilence, isWhole: Bool) {
        let size = Terminal.size ?? (columns: 80, rows: 24)
        var frame = TopView.Frame()
        frame.chosen = session.chosen
        frame.message = session.message
        frame.shortMessage = session.shortMessage
        frame.isQuestion = session.isAsking
        frame.silentSeconds = silence.seconds
        let lines = TopView.screen(
            session.now, frame, columns: size.columns, rows: size.rows)
        // Home, each line to its end, the rest of the screen empty: nothing flickers.
        let text = lines.prefix(size.rows).map {
            $0.written(columns: size.columns, hasColours: hasColours) + "\u{1b}[K"
        }.joined(separator: "\n")
        StandardStream.output.write((isWhole ? "\u{1b}[2J" : "") + "\u{1b}[H\(text)\u{1b}[J")
    }
}
