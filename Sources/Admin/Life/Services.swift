internal import Kernel
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Proxy
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

/// Looks the names of targets up again and again: a node that comes back at another address is
/// found without a reload.
struct ResolveService: Service {
    /// As often as a short-lived DNS record changes.
    private static let interval = Duration.seconds(10)

    let plane: DataPlane
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                guard await plane.refreshTargets() else { continue }
                let targets = plane.resolvedTargets.map { "\($0.setting) = \($0.address)" }
                logger.notice("targets moved: \(targets.joined(separator: ", "))")
            }
        }
    }
}
