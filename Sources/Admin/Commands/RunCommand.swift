internal import Kernel
internal import Logging
internal import Settings

/// `sluice run`: the proxy, in the foreground.
package enum RunCommand {
    /// What a run begins with.
    package struct Start: Sendable {
        /// sluice.yaml, and the environment of the process.
        package let path: String
        package let environment: [String: String]
        /// What went wrong already; empty: nothing.
        package let faults: [String]
        /// Who the process has become.
        let identity: IdentitySettings?
    }

    /// What has to be done before there are other threads: variables of a service manager are
    /// taken out of the environment, and the process becomes the user that sluice.yaml names. A
    /// faulty sluice.yaml is told of later.
    package static func prepare(config path: String, environment: [String: String]) -> Start {
        ProcessEnvironment.remove(ServiceManager.variables + InheritedSocket.variables)
        ProcessFacts.keepNewFilesPrivate()
        let reading = try? SettingsReader.read(path, environment: environment)
        let faults = reading.map { IdentityCheck.adopt($0.snapshot, file: path) } ?? []
        return Start(
            path: path, environment: environment, faults: faults.map(\.description),
            identity: reading?.snapshot.identity)
    }

    /// Serves until a signal; the exit code.
    package static func run(_ start: Start) async -> Int32 {
        for fault in start.faults { StandardStream.error.write("\(fault)\n") }
        guard start.faults.isEmpty else { return ExitStatus.failed }
        let (path, environment) = (start.path, start.environment)
        let reading: SettingsReader.Reading
        do throws(SettingsErrors) {
            reading = try SettingsReader.read(path, environment: environment)
        } catch {
            StandardStream.error.write("\(error)\n")
            return ExitStatus.failed
        }
        // Mended or changed in between: nobody is to run as root who should not.
        guard reading.snapshot.identity == start.identity else {
            StandardStream.error.write("\(path) has changed in this moment; start again\n")
            return ExitStatus.failed
        }
        let log = LogControl(
            level: .init(reading.snapshot.logLevel), format: .init(reading.snapshot.logFormat))
        let logger = LogLine.logger(log)
        for warning in reading.warnings { logger.warning("\(warning)") }
        do {
            let inherited = try InheritedSocket.all(environment)
            if inherited.isEmpty, let fault = missingFolder(reading.snapshot) {
                logger.critical("\(fault)")
                return ExitStatus.failed
            }
            let process = try ProxyProcess(
                reading.snapshot, text: reading.weights, configuration: (path, environment),
                logger: logger, inherited: inherited,
                manager: ServiceManager(environment, logger: logger), log: log)
            try await process.run()
            return ExitStatus.done
        } catch {
            for line in "\(error)".split(separator: "\n") { logger.critical("\(line)") }
            return ExitStatus.failed
        }
    }

    /// Told before anything is opened: whoever starts it without a service manager meets this
    /// first.
    private static func missingFolder(_ snapshot: Snapshot) -> String? {
        guard let socket = snapshot.control?.socket else { return nil }
        let folder = FilePath.folder(of: socket)
        guard FileFacts(path: folder) == nil else { return nil }
        return "control socket \(socket): there is no folder \(folder); expected one that Sluice "
            + "may write to"
    }
}

extension LogControl.Format {
    init(_ format: LogFormat) {
        switch format {
        case .text: self = .text
        case .json: self = .json
        }
    }
}

extension Logger.Level {
    init(_ level: LogLevel) { self = Logger.Level(rawValue: level.rawValue) ?? .info }
}
