internal import Kernel
internal import Logging
internal import Settings

/// `sluice run`: the proxy, in the foreground.
package enum RunCommand {
    /// Serves until a signal; the exit code.
    package static func run(config path: String, environment: [String: String]) async -> Int32 {
        let reading: SettingsReader.Reading
        do throws(SettingsErrors) {
            reading = try SettingsReader.read(path, environment: environment)
        } catch {
            StandardStream.error.write("\(error)\n")
            return ExitStatus.failed
        }
        let logger = LogLine.logger(level: .init(reading.snapshot.logLevel))
        for warning in reading.warnings { logger.warning("\(warning)") }
        ProcessFacts.keepNewFilesPrivate()
        do {
            let process = try ProxyProcess(
                reading.snapshot, text: reading.weights, configuration: (path, environment),
                logger: logger)
            try await process.run()
            return ExitStatus.done
        } catch {
            for line in "\(error)".split(separator: "\n") { logger.critical("\(line)") }
            return ExitStatus.failed
        }
    }
}

extension Logger.Level {
    init(_ level: LogLevel) { self = Logger.Level(rawValue: level.rawValue) ?? .info }
}
