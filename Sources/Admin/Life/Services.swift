internal import Kernel
internal import Logging
internal import ServiceLifecycle

/// Runs a service and says who it was when it fails.
struct NamedService: Service {
    private let name: String
    private let service: any Service
    private let logger: Logger

    init(name: String, _ service: any Service, _ logger: Logger) {
        self.name = name
        self.service = service
        self.logger = logger
    }

    func run() async throws {
        do {
            try await service.run()
        } catch {
            if !(error is CancellationError) { logger.critical("\(name): \(error)") }
            throw error
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

/// Keeps the last minute of the counters.
struct TickService: Service {
    let operation: Operation

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await operation.tick()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
