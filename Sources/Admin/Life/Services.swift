internal import Kernel
internal import Logging
internal import NIOCore
internal import NIOPosix
package import Proxy
internal import ServiceLifecycle

/// Runs a service and says who it was when it fails.
struct NamedService: Service {
    /// What failed, and how.
    struct Fault: Error, CustomStringConvertible {
        let name: String
        let reason: String

        var description: String { "\(name): \(reason)" }
    }

    let name: String
    let service: any Service

    func run() async throws {
        do {
            try await service.run()
        } catch let error where !(error is CancellationError) {
            throw Fault(name: name, reason: Self.reason(of: error))
        }
    }
}

extension NamedService {
    /// What went wrong, without the words of the library that noticed it.
    private static func reason(of error: any Error) -> String {
        switch error {
        case let error as IOError: "\(Errno(code: error.errnoCode))"
        case is UnixDomainSocketPathWrongType: "a file is there that is no socket"
        default: "\(error)"
        }
    }
}

/// Reads the weight file each time that it may have changed.
struct WatchService: Service {
    /// A file with a fault may be half-written: the rest is there by then.
    private static let secondLook = Duration.milliseconds(50)

    let watcher: FileWatcher
    let keeper: WeightKeeper

    func run() async throws {
        for await _ in watcher.changes.cancelOnGracefulShutdown() {
            while await !keeper.lookAtFile() { try await Task.sleep(for: Self.secondLook) }
        }
    }
}

/// Tries again to keep weights, and what a rollout has decided, that no disk has taken.
struct KeepService: Service {
    private static let pause = Duration.seconds(5)

    let keeper: WeightKeeper
    let rollouts: RolloutKeeper?

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                await keeper.keepAgain()
                await rollouts?.keepAgain()
            }
        }
    }
}

/// Keeps the last minute of the counters.
struct TickService: Service {
    let operation: Operation

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Reading the settings needs much of the program once, and so does starting servers,
            // which goes on meanwhile.
            CodePages.giveBack()
            try? await Task.sleep(for: .milliseconds(200))
            CodePages.giveBack()
            while !Task.isCancelled {
                await operation.tick()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}

/// Watches over the targets: their health and their names.
package struct TargetService: Service {
    private let plane: DataPlane
    private let judge: HealthJudge
    private let names: NameWatch

    package init(_ plane: DataPlane, judge: HealthJudge, names: NameWatch) {
        self.plane = plane
        self.judge = judge
        self.names = names
    }

    /// Watches until the end of the process begins.
    package func run() async throws { await cancelWhenGracefulShutdown { await watch() } }

    /// Watches until the task is cancelled.
    package func watch() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await judge.run() }
            group.addTask { await names.run() }
            group.addTask {
                for await report in plane.failures() {
                    if case .connect = report.failure { await names.hurry(report.upstream) }
                    if report.isLimit { await judge.take(report) }
                }
            }
        }
    }
}

/// Looks at the rollout once a second.
struct RolloutService: Service {
    let rollouts: RolloutKeeper?

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await rollouts?.look()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}

/// Watches over the Admin APIs.
struct TripwireService: Service {
    let tripwire: TripwireWatch

    func run() async throws { await cancelWhenGracefulShutdown { await tripwire.run() } }
}
