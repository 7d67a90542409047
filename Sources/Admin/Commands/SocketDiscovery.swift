package import Settings

/// Finds the control socket of the proxy that a command means.
package enum SocketDiscovery {
    /// Why there is none.
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case nothingNamed
        case badConfiguration(SettingsErrors)
        case noSocket(config: String)

        /// What is missing, and what was expected.
        package var description: String {
            switch self {
            case .nothingNamed:
                "which proxy? expected --socket PATH, SLUICE_SOCKET or --config FILE"
            case .badConfiguration(let errors):
                errors.description
            case .noSocket(let config):
                "\(config) names no control socket; expected `control: {socket: PATH}`"
            }
        }
    }

    /// `socket`, else SLUICE_SOCKET, else the control socket that `config` names.
    package static func path(
        socket: String?, config: String?, environment: [String: String]
    ) throws(Fault) -> String {
        if let socket { return socket }
        if let socket = environment["SLUICE_SOCKET"], !socket.isEmpty { return socket }
        guard let config else { throw .nothingNamed }
        do throws(SettingsErrors) {
            let reading = try SettingsReader.read(config, environment: environment)
            if let control = reading.snapshot.control { return control.socket }
        } catch {
            throw .badConfiguration(error)
        }
        throw .noSocket(config: config)
    }
}
