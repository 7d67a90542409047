internal import Proxy
internal import ServiceLifecycle
internal import Settings

/// Brings workers' spans to whoever sends them, as long as the settings say so.
struct TraceService: Service {
    /// Workers' spans are taken so often, and at most so many of each worker at once.
    private static let pause = Duration.milliseconds(100)
    private static let idlePause = Duration.seconds(1)
    private static let most = 2_048
    /// The last spans have so long when the process ends, out of two seconds.
    private static let endMilliseconds = 1_500

    let operation: Operation
    let plane: DataPlane

    func run() async throws {
        let exporter = TraceExporter(
            TraceClient(), tally: operation.traces, logger: operation.logger)
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await bring(to: exporter) }
                group.addTask { await exporter.run() }
            }
        }
        exporter.adopt(await operation.snapshot.traces)
        take(for: exporter)
        await exporter.finish(milliseconds: Self.endMilliseconds)
    }

    private func bring(to exporter: TraceExporter) async {
        while !Task.isCancelled {
            let settings = await operation.snapshot.traces
            exporter.adopt(settings)
            take(for: exporter)
            try? await Task.sleep(for: settings == nil ? Self.idlePause : Self.pause)
        }
    }

    private func take(for exporter: TraceExporter) {
        exporter.add(plane.takeSpans(most: Self.most))
        operation.traces.lost(inTotal: plane.lostSpanCount)
    }
}
