internal import Kernel
internal import Proxy
internal import ServiceLifecycle

/// Says what can be tried.
struct DemoWelcome: Service {
    let place: String
    let split: String
    let plane: DataPlane
    let operation: Operation
    let dashboard: DemoDashboard

    func run() async throws {
        StandardStream.output.write(text + (await dashboard.welcome(operation)) + "\n")
        try? await gracefulShutdown()
    }

    private var text: String {
        let address = plane.boundListeners.first.map { "\($0.address)" } ?? "?"
        let sluice = CommandLine.arguments.first ?? "sluice"
        let socket = "--socket \(place)/sluice.sock"
        return """
            Sluice splits http://\(address) over two upstreams, x and y. Try in another terminal:

              curl -i http://\(address)/
              \(sluice) split \(split) x=50 y=50 \(socket)
              \(sluice) rollback \(split) \(socket)
              \(sluice) status \(socket)
              \(sluice) top \(socket)

            or edit the weights in \(place)/weights.yaml

            """
    }
}
