internal import Kernel
internal import Logging
package import Settings
internal import Splitting

/// What a start and a reload find.
extension RolloutKeeper {
    /// Reads what an earlier run has left, before any weight is in force.
    package func begin(_ snapshot: Snapshot, environment: [String: String]) async {
        take(snapshot)
        path = Self.path(snapshot)
        let found = await disk.run { [path] in RolloutJournal.load(path) }
        let (entries, fault) = (found.entries, found.fault)
        if let fault { logger.warning("rollout.journal: \(fault)") }
        if found.isDamaged { journalDamage = fault.map { "rollout.journal is damaged: \($0)" } }
        guard let first = entries.first else { return await missJournal(snapshot, fault) }
        guard first.kind == .start, let text = first["plan"]?.text,
            let file = first["file"]?.text
        else {
            logger.error("rollout.journal cannot be used: it does not begin with a plan")
            return await missJournal(snapshot, "it does not begin with a plan")
        }
        do throws(SettingsErrors) {
            let plan = try RolloutPlan.read(
                Array(text.utf8), file: file, environment: environment,
                acknowledgements: UpgradeStep.allCases.map(\.rawValue))
            course = RolloutCourse(plan, file: file)
            for entry in entries { course?.take(entry) }
        } catch {
            logger.error("rollout.journal cannot be used: its plan: \(error)")
            return await missJournal(snapshot, "\(error)")
        }
        await recallLostWayBack(snapshot)
        guard let course, !course.phase.isOver || course.isGoingBack else { return }
        if let fault = rolesFault(course) {
            self.course = nil
            journalFault = fault
            return logger.critical("rollout.journal cannot be used: \(fault)")
        }
        await holdWeights(course)
        let place = "step \(course.step + 1) of \(course.plan.steps.count)"
        logger.notice("the rollout \(file) is \(course.phase.word) at \(place)")
        // What a crash has torn must not stand before what comes.
        if fault != nil, let path {
            _ = await disk.run { [journal] in journal.replace(entries, path: path) }
        }
    }

    /// A way back whose weights no disk took is to be made again, as long as those that were kept
    /// are the ones of a step.
    private func recallLostWayBack(_ snapshot: Snapshot) async {
        guard let course, course.phase.isOver, !course.isGoingBack,
            let back = course.events.last(where: { $0.kind == .back }),
            back["durable"]?.bool == false
        else { return }
        let places = WeightStore.Places(snapshot)
        let kept = await disk.run { try? WeightStore.loadState(places) }
        let isLost = course.plan.splits.contains { name in
            guard let set = kept?.split(named: name) else { return false }
            return set.source == .rollout && set.reason.hasPrefix("\(course.file): step ")
        }
        guard isLost else { return }
        logger.warning("the rollout \(course.file) had gone back, which no disk has kept")
        self.course?.goBackAgain()
    }

    static func path(_ snapshot: Snapshot) -> String? {
        snapshot.stateDirectory.map { "\($0)/rollout.journal" }
    }

    /// The state_dir is another one, and nothing is under way: what there was goes along.
    func move(to snapshot: Snapshot) async {
        let next = Self.path(snapshot)
        guard next != path, lost == nil, isWritten, course?.isGoingBack != true else { return }
        path = next
        guard let next, let course else { return }
        journalFault = await disk.run { [journal] in journal.replace(course.journal, path: next) }
        await tellHistory(course)
    }

    /// Who had requests alone and has connections as well now: that is not judged alike.
    func tellOfConnections(_ course: RolloutCourse, before: Set<String>) {
        for name in course.plan.splits where mixedSplits.contains(name) && !before.contains(name) {
            pause(
                "listeners of mode tcp use the split \(name) now, beside those of requests: of "
                    + "connections nothing is judged but whether they come about")
        }
    }
}
