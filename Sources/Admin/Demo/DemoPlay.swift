internal import Kernel
internal import NIOPosix
internal import Proxy
internal import ServiceLifecycle

/// A play at a terminal: what an operator types, what comes back, and what one sees.
protocol DemoPlay: Service {
    var stage: DemoStage { get }

    /// What happens.
    func perform() async throws
}

/// What a play is played with.
struct DemoStage: Sendable {
    /// Where its Sluice has its files.
    let place: String
    let operation: Operation
    let dashboard: DemoDashboard
    let load: DemoLoad
    let notes: DemoNotes.Pad
    /// How long it waits, so that one can read.
    let pauseMilliseconds: Int
    fileprivate let over = Lock(false)
    /// Nobody can read any more what is said.
    fileprivate let deaf = Lock(false)
}

/// Something did not do what the play needs.
struct DemoFailure: Error, CustomStringConvertible {
    let description: String
}

extension DemoPlay {
    var place: String { stage.place }
    var operation: Operation { stage.operation }
    var load: DemoLoad { stage.load }

    /// Whether it was played to its end, and every command did what it should.
    var isOver: Bool { stage.over.withLock { $0 } }

    var commands: SocketCommands { SocketCommands(socket: "\(place)/sluice.sock") }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                try await waitForStart()
                say(await stage.dashboard.welcome(operation))
                try await perform()
                stage.over.withLock { $0 = true }
            } catch is CancellationError {
                say("The demo was interrupted.")
            } catch {
                StandardStream.error.write("the demo ends here: \(error)\n")
            }
        }
    }

    func say(_ text: String) {
        if StandardStream.output.write("\(text)\n") != nil { stage.deaf.withLock { $0 = true } }
    }

    /// What is typed at another place than Sluice's.
    func elsewhere(_ command: String) { say("  (elsewhere) $ \(command)") }

    /// On a thread of its own: a command waits for its answer, which this process has to give.
    func type(
        _ command: String, expecting status: Int32 = ExitStatus.done,
        _ run: @escaping @Sendable (SocketCommands) -> Int32
    ) async throws {
        say("$ \(command)")
        let commands = commands
        let result = try await NIOThreadPool.singleton.runIfActive { run(commands) }
        guard result == status else {
            throw DemoFailure(description: "`\(command)` has failed")
        }
    }

    /// Writes a plan of a rollout and shows it.
    func show(plan text: String) throws {
        _ = try DurableFile.replace(planPath, with: Array(text.utf8))
        say("$ cat plan.yaml")
        say(text)
    }

    func startRollout(_ reason: String) async throws {
        let path = planPath
        try await type("sluice rollout start plan.yaml --reason \"\(reason)\"") {
            $0.startRollout(path, named: "plan.yaml", reason: reason)
        }
    }

    private var planPath: String { "\(place)/plan.yaml" }

    func pause() async throws {
        if stage.deaf.withLock({ $0 }) { throw CancellationError() }
        try await Task.sleep(for: .milliseconds(stage.pauseMilliseconds))
        showLog()
    }

    func showLog() {
        for line in stage.notes.takeAll() { say("  log: \(line)") }
    }

    private func waitForStart() async throws {
        let client = commands.client
        try await waitUntil("sluice is ready") {
            let answers = try? await NIOThreadPool.singleton.runIfActive {
                (try? client.send("GET", "/readyz"))?.status == 200
            }
            return answers ?? false
        }
    }

    func waitUntil(
        _ what: String, within seconds: Int = 30, _ condition: () async -> Bool
    ) async throws {
        let end = Instant.now().advanced(byMilliseconds: seconds * 1_000)
        while await !condition() {
            guard Instant.now() < end else {
                throw DemoFailure(description: "waited for: \(what)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func rollout() async -> JSONValue { await operation.rollouts?.answer() ?? .null }

    func url(_ listener: String) throws -> String {
        guard let bound = operation.plane.boundListeners.first(where: { $0.name == listener })
        else { throw DemoFailure(description: "\(listener) is not there") }
        return "http://\(bound.address)"
    }
}
