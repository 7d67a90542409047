internal import FoundationEssentials
internal import Kernel
internal import Settings

/// `sluice rollout check`: every fault of a plan in one run.
package enum RolloutCheck {
    /// Prints what is wrong; the exit code. With a configuration the plan's splits are looked for
    /// there.
    package static func run(
        _ path: String, config: String?, environment: [String: String]
    ) -> Int32 {
        var snapshot: Snapshot?
        do throws(SettingsErrors) {
            if let config {
                snapshot = try SettingsReader.read(config, environment: environment).snapshot
            }
            let bytes: [UInt8]
            switch DiskFiles.read(path) {
            case .failure(let fault):
                StandardStream.error.write("\(path):1:1: \(fault.message)\(place(of: path))\n")
                return ExitStatus.failed
            case .success(let found): bytes = found
            }
            let (plan, warnings) = try RolloutPlan.readWithWarnings(
                bytes, file: path, environment: environment, for: snapshot,
                acknowledgements: UpgradeStep.allCases.map(\.rawValue),
                afterwards: UpgradeStep.sinceShift.map(\.rawValue))
            for warning in warnings { StandardStream.error.write("\(warning) (warning)\n") }
            let weights = plan.steps.map { "\($0.weight)" }.joined(separator: ", ")
            let known = config == nil ? "; its splits were not looked for" : ""
            return ExitStatus.printing(
                "\(path): sound; \(plan.splits.joined(separator: ", ")) to \(weights)\(known)\n")
        } catch {
            StandardStream.error.write("\(error)\n")
            return ExitStatus.failed
        }
    }

    /// Where a plan was looked for that is not there: as it was typed, from the current folder on,
    /// and not from the folder of a configuration.
    static func place(of path: String) -> String {
        let folder = FileManager.default.currentDirectoryPath
        return path.hasPrefix("/") ? "" : "; it was looked for in \(folder)"
    }
}
