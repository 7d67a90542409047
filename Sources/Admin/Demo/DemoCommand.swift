internal import FoundationEssentials
internal import Kernel
internal import Logging
internal import Proxy
internal import Settings

/// `sluice demo`: two upstreams, the proxy and a gentle load in one process, to try it on.
package enum DemoCommand {
    private static let split = "kong"

    /// Runs for so many seconds, or until a signal; the exit status.
    package static func run(seconds: Int?) async -> Int32 {
        let folder = FileManager.default.temporaryDirectory.path
        let place = "\(folder)/sluice-demo-\(ProcessFacts.identifier)"
        defer { try? FileManager.default.removeItem(atPath: place) }
        do {
            try DurableFile.makeFolder(place)
            let upstreams = [try await DemoUpstream.start("x"), try await DemoUpstream.start("y")]
            defer { for upstream in upstreams { upstream.stop() } }
            let dashboard = try DemoDashboard(in: place)
            try await serve(
                write(upstreams, dashboard, into: place), dashboard, in: place, seconds: seconds)
            return ExitStatus.done
        } catch {
            StandardStream.error.write("\(error)\n")
            return ExitStatus.failed
        }
    }

    /// Writes the configuration that the demo runs on; returns its path.
    private static func write(
        _ upstreams: [DemoUpstream], _ dashboard: DemoDashboard, into place: String
    ) throws(Errno) -> String {
        let targets = upstreams.map { "  \($0.name): {targets: [127.0.0.1:\($0.port)]}\n" }
        let settings = """
            listeners:
              api: {address: 127.0.0.1:0, split: \(split)}
            upstreams:
            \(targets.joined())splits:
              \(split): {x: 90, y: 10}
            weights_file: weights.yaml
            state_dir: state
            control: {socket: sluice.sock}
            \(dashboard.settings)

            """
        let weights = """
            # Edit the numbers and save: the split follows at once.
            \(split): {x: 90, y: 10}

            """
        let path = "\(place)/sluice.yaml"
        _ = try DurableFile.replace(path, with: Array(settings.utf8))
        _ = try DurableFile.replace("\(place)/weights.yaml", with: Array(weights.utf8))
        return path
    }

    private static func serve(
        _ path: String, _ dashboard: DemoDashboard, in place: String, seconds: Int?
    ) async throws {
        ProcessFacts.keepNewFilesPrivate()
        let reading = try SettingsReader.read(path, environment: [:])
        let notes = DemoNotes.Pad()
        let process = try ProxyProcess(
            reading.snapshot, text: reading.weights, configuration: (path, [:]),
            logger: DemoNotes.logger(notes))
        let operation = process.operation
        let plane = process.plane
        let load = DemoLoad(
            port: { plane.boundListeners.first.map { Int($0.address.port) } },
            isWanted: { await operation.isReady })
        let view = DemoView(
            operation: operation, split: split, load: load, notes: notes, seconds: seconds,
            isTerminal: ProcessFacts.writesToTerminal)
        let welcome = DemoWelcome(
            place: place, split: split, plane: plane, operation: operation, dashboard: dashboard)
        try await process.run(with: [load, welcome, view], endsAtHangUp: true)
        StandardStream.output.write("\nThe demo has ended.\n\n\(view.lastReport?.table ?? "")")
    }
}
