import Admin
import ArgumentParser
import Foundation
import Kernel

/// Where the configuration is.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .long, help: "The configuration file, such as conf/sluice.yaml.",
        completion: .file())
    var config: String
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the proxy in the foreground; logs go to standard error.")

    @OptionGroup var configuration: ConfigurationOption

    /// To be called before there are other threads.
    func prepare() -> RunCommand.Start {
        RunCommand.prepare(
            config: configuration.config, environment: ProcessInfo.processInfo.environment)
    }

    func run() async throws { try finish(await RunCommand.run(prepare())) }
}

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks the configuration and the weight file, and shows every fault.")

    @OptionGroup var configuration: ConfigurationOption

    func run() throws {
        try finish(
            CheckCommand.run(
                config: configuration.config, environment: ProcessInfo.processInfo.environment))
    }
}

struct ShowVersion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Shows the version.")

    func run() throws { try finish(ExitStatus.printing("sluice \(Version.text)\n")) }
}

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs two upstreams, the proxy and a gentle load, to try everything on.")

    @Option(name: .long, help: "End after so many seconds.")
    var seconds: Int?

    @Flag(name: .long, help: "Plays the upgrade of a Kong cluster, in two minutes unless said.")
    var upgrade = false

    func validate() throws {
        if let seconds, seconds < 1 { throw ValidationError("--seconds: expected at least 1") }
    }

    func run() async throws {
        if upgrade { return try finish(await UpgradeDemo.run(seconds: seconds ?? 120)) }
        try finish(await DemoCommand.run(seconds: seconds))
    }
}
