import Admin
import ArgumentParser
import Foundation

struct Rollout: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Moves weight to the candidate step by step by a plan, and back by itself.",
        subcommands: [
            RolloutCheckCommand.self, RolloutStart.self, RolloutStatus.self, RolloutPause.self,
            RolloutResume.self, RolloutApprove.self, RolloutAbort.self, RolloutHistoryCommand.self,
        ], defaultSubcommand: RolloutStatus.self)
}

struct RolloutCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks a plan, and shows every fault.")

    @Argument(help: "The plan's file.", completion: .file())
    var plan: String

    @Option(
        name: .long, help: "The configuration that has the plan's splits.", completion: .file())
    var config: String?

    func run() throws {
        try finish(
            RolloutCheck.run(
                plan, config: config, environment: ProcessInfo.processInfo.environment))
    }
}

struct RolloutStart: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Begins a rollout by a plan.")

    @Argument(help: "The plan's file.", completion: .file())
    var plan: String

    @OptionGroup var output: CommandOutput
    @OptionGroup var word: CommandReason

    func run() throws { try finish(output.commands().startRollout(plan, reason: word.reason)) }
}

struct RolloutStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows the step, what it waits for, and the evidence.")

    @OptionGroup var output: CommandOutput

    func run() throws { try finish(output.commands().rolloutStatus()) }
}

struct RolloutPause: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stops the clock of the step; the weights stay.")

    @OptionGroup var output: CommandOutput
    @OptionGroup var word: CommandReason

    func run() throws {
        try finish(output.commands().tellRollout("pause", reason: word.reason))
    }
}

struct RolloutResume: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Goes on with the step that it was at, with its share.")

    @OptionGroup var output: CommandOutput
    @OptionGroup var word: CommandReason

    func run() throws {
        try finish(output.commands().tellRollout("resume", reason: word.reason))
    }
}

struct RolloutApprove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Lets the step end that waits for this.")

    @Option(name: .long, help: "The step that is meant; refused when it is not the one that waits.")
    var step: Int?

    @OptionGroup var output: CommandOutput
    @OptionGroup var word: CommandReason

    func run() throws {
        try finish(output.commands().tellRollout("approve", reason: word.reason, step: step))
    }
}

struct RolloutAbort: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "Sends everything back to the stable side, at once.")

    @OptionGroup var output: CommandOutput
    @OptionGroup var word: CommandReason

    func run() throws {
        try finish(output.commands().tellRollout("abort", reason: word.reason))
    }
}

struct RolloutHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows what became of rollouts, and what happened.")

    @OptionGroup var output: CommandOutput

    func run() throws { try finish(output.commands().rolloutHistory()) }
}
