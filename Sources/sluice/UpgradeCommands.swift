import Admin
import ArgumentParser

struct Upgrade: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keeps the list of an upgrade: what was done, what comes next, what is wrong.",
        discussion: """
            SPLIT may be left out where there is one upgrade. What Sluice sees for itself it \
            notes; what only a person can know is acknowledged.
            """,
        subcommands: [
            UpgradeStart.self, UpgradeStatus.self, UpgradeAcknowledge.self, UpgradeSmoke.self,
            UpgradeFinish.self, UpgradeDone.self,
        ], defaultSubcommand: UpgradeStatus.self)
}

struct UpgradeStart: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Begins an upgrade from the split's stable side to its candidate.")

    @Argument(help: "The split.")
    var split: String

    @OptionGroup var word: CommandReason

    @OptionGroup var output: CommandOutput

    func validate() throws { try expect(split) }

    func run() throws { try finish(output.commands().startUpgrade(split, reason: word.reason)) }
}

struct UpgradeStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows the steps and how each stands.")

    @Argument(help: "The split; every upgrade when it is left out.")
    var split: String?

    @OptionGroup var output: CommandOutput

    func validate() throws { try expect(split) }

    func run() throws { try finish(output.commands().upgradeStatus(split)) }
}

struct UpgradeAcknowledge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Says that a step is done which only a person can know.",
        usage: "sluice upgrade ack STEP --note TEXT [SPLIT] [--json]")

    @Argument(
        help: "The step, such as backup.",
        completion: .list(UpgradeStep.allCases.map(\.rawValue)))
    var step: String

    @Argument(help: "The split.")
    var split: String?

    @Option(name: .long, help: "Who did what, where it can be found.")
    var note: String

    @OptionGroup var output: CommandOutput

    func validate() throws { try expect(split) }

    func run() throws {
        try finish(output.commands().acknowledge(step, note: note, split: split))
    }
}

struct UpgradeSmoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smoke",
        abstract: "Sends the smoke requests to both sides now and compares the answers.",
        discussion: "It ends with 1 where answers differ.")

    @Argument(help: "The split.")
    var split: String?

    @OptionGroup var output: CommandOutput

    func validate() throws { try expect(split) }

    func run() throws { try finish(output.commands().runSmoke(split)) }
}

struct UpgradeFinish: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finish",
        abstract: "Says that `kong migrations finish` has run: the old side stays at 0.")

    @Argument(help: "The split.")
    var split: String?

    @Option(name: .long, help: "Who did what, where it can be found.")
    var note: String?

    @OptionGroup var output: CommandOutput

    func validate() throws { try expect(split) }

    func run() throws { try finish(output.commands().finishUpgrade(split, note: note)) }
}

struct UpgradeDone: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "done", abstract: "Says that the upgrade is over.")

    @Argument(help: "The split.")
    var split: String?

    @Option(name: .long, help: "What is to be remembered.")
    var note: String?

    @OptionGroup var output: CommandOutput

    func validate() throws { try expect(split) }

    func run() throws { try finish(output.commands().endUpgrade(split, note: note)) }
}
