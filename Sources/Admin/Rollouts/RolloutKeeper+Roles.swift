internal import Proxy
package import Settings

/// Who is stable and who the candidate: as long as a rollout is under way, nobody may change that
/// under it. A share that was meant for one would be the other's, and so would all evidence.
extension RolloutKeeper {
    /// Refuses settings that give a split of the rollout other members or roles, or its journal
    /// another place: what was written would not be found any more.
    package func checkRoles(
        in snapshot: Snapshot, path: String
    ) throws(SettingsErrors) {
        guard let course, !course.phase.isOver || course.isGoingBack else { return }
        var faults: [SettingsError] = []
        if Self.path(snapshot) != self.path {
            let now = self.path.map { "\($0.dropLast("/rollout.journal".count))" } ?? "none"
            faults.append(
                SettingsReader.fault(
                    "the rollout \(course.file) is under way and its journal is in `state_dir`, "
                        + "which is \(snapshot.stateDirectory ?? "missing") now; expected \(now) "
                        + "until it is over; `sluice rollout abort` ends it",
                    ofKey: "state_dir", in: path))
        }
        for name in course.plan.splits {
            guard let old = splits.first(where: { $0.name == name }) else { continue }
            let new = snapshot.split(named: name)
            guard let text = Self.difference(old, new) else { continue }
            faults.append(
                SettingsReader.fault(
                    "the rollout \(course.file) is under way and \(text); expected "
                        + "\(Self.roles(old)) until it is over; `sluice rollout abort` ends it",
                    ofSplit: name, in: path))
        }
        if !faults.isEmpty { throw SettingsErrors(faults) }
    }

    /// How a split differs from what a rollout began with; nil when it does not.
    private static func difference(_ old: SplitSettings, _ new: SplitSettings?) -> String? {
        guard let new else { return "the split `\(old.name)` is gone" }
        let isSame =
            new.stable == old.stable && new.candidate == old.candidate
            && new.members.sorted() == old.members.sorted()
        return isSame ? nil : "the split `\(old.name)` has \(roles(new))"
    }

    private static func roles(_ split: SplitSettings) -> String {
        "the members \(split.members.joined(separator: ", ")) with stable \(split.stable) and "
            + "candidate \(split.candidate ?? "none")"
    }

    /// The sides of a plan's splits, by the settings that run.
    func sides(of plan: RolloutPlan) -> [TrackedSplit] {
        plan.splits.compactMap { name in
            splits.first { $0.name == name }.flatMap { split in
                split.candidate.map {
                    TrackedSplit(split: name, stable: split.stable, candidate: $0)
                }
            }
        }
    }

    static func json(_ sides: [TrackedSplit]) -> JSONValue {
        .array(
            sides.map { .array([.string($0.split), .string($0.stable), .string($0.candidate)]) })
    }

    /// Why a rollout that was read back cannot go on with the settings of today; nil when it can.
    /// Journals of earlier versions do not tell.
    func rolesFault(_ course: RolloutCourse) -> String? {
        guard let began = course.events.first?["sides"], began != .null else { return nil }
        let now = Self.json(sides(of: course.plan))
        guard began != now else { return nil }
        let words = { (sides: JSONValue) in
            (sides.elements ?? []).map { side in
                let names = (side.elements ?? []).map { $0.text ?? "?" }
                return names.count == 3
                    ? "\(names[0]) with stable \(names[1]) and candidate \(names[2])" : "?"
            }.joined(separator: ", ")
        }
        return "it began as \(words(began)); the settings have \(words(now)) now"
    }
}
