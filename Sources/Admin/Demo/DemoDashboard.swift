internal import Kernel

/// The dashboard of a demo: its admin address, and a token that is made for it.
struct DemoDashboard: Sendable {
    private static let file = "demo.token"

    let token: String

    /// Makes the token and keeps its hash in the demo's folder.
    init(in place: String) throws(Errno) {
        token = TokenCommand.token()
        let line = "\(TokenCommand.line(of: token))\n"
        _ = try DurableFile.replace("\(place)/\(Self.file)", with: Array(line.utf8))
        try DurableFile.setAccess("\(place)/\(Self.file)", mode: 0o600, group: nil)
    }

    /// Its line of sluice.yaml.
    var settings: String {
        "admin: {address: 127.0.0.1:0, tokens: [{name: demo, file: \(Self.file)}]}"
    }

    /// Where it is, and what unlocks its controls; waits until the address is open.
    func welcome(_ operation: Operation) async -> String {
        let end = Instant.now().advanced(byMilliseconds: 10_000)
        while await operation.boundAdminAddress == nil, Instant.now() < end {
            try? await Task.sleep(for: .milliseconds(10))
        }
        guard let address = await operation.boundAdminAddress else { return "" }
        return """
            Dashboard: http://\(address)/
              its controls are unlocked by the token \(token)

            """
    }
}
