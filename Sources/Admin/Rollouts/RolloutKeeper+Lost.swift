internal import Kernel
internal import Logging
internal import Proxy
internal import Settings
internal import Splitting

/// A rollout that has set what is in force, and whose journal is gone: nobody knows its plan.
struct LostRollout: Sendable, Equatable {
    /// Its name, and the splits that have weights of it.
    let file: String
    let splits: [String]
}

extension RolloutKeeper {
    /// There is no journal that can be used. Where the kept weights are those of a rollout that
    /// has not ended, the candidate gets no more than it has, and somebody must look.
    func missJournal(_ snapshot: Snapshot, _ fault: String?) async {
        journalFault = fault
        let places = WeightStore.Places(snapshot)
        let kept = await disk.run { try? WeightStore.loadState(places) }
        var names: [String] = []
        var ceilings: [String: UInt32] = [:]
        var (file, standing) = ("", "")
        var changedAt: Int64 = 0
        for set in kept?.splits ?? [] where set.source == .rollout {
            guard let split = splits.first(where: { $0.name == set.name }) else { continue }
            let share = Self.share(split, set)
            guard share > 0, let name = set.reason.firstRange(of: ": step ") else { continue }
            file = String(set.reason[..<name.lowerBound])
            names.append(set.name)
            ceilings[set.name] = UInt32((share * 10_000).rounded())
            standing = Self.text(of: set, split)
            changedAt = max(changedAt, set.changedAtMilliseconds)
        }
        guard !names.isEmpty, await !hasEnded(file, since: changedAt) else { return }
        lost = LostRollout(file: file, splits: names)
        let fate = fault.map { "cannot be used: \($0)" } ?? "is gone"
        let text =
            "\(standing), and rollout.journal \(fate): nobody judges the candidate, which is "
            + "kept at that share or below; `sluice rollout abort` sends everything back, `sluice "
            + "rollout start` begins anew, and a change by hand, with --force where it raises, "
            + "ends this"
        journalFault = text
        alarm = text
        logger.critical("\(text)")
        await weights.hold(
            RolloutHold(
                name: file, ceilings: ceilings,
                pause: { [weak self] _ in await self?.endLost() }))
    }

    /// Whether the history knows that a rollout of that name has ended since.
    private func hasEnded(_ file: String, since milliseconds: Int64) async -> Bool {
        guard let path = historyPath else { return false }
        let lines = await disk.run { RolloutHistory.read(path) }
        let changed = Timestamp.text(milliseconds: milliseconds)
        return lines.contains { line in
            line["plan"]?.text == file && line["state"]?.text == "completed"
                && line["ended_at"]?.text ?? "" >= changed
        }
    }

    /// Somebody has set weights: whose they were is of no interest any more.
    private func endLost() {
        guard let lost else { return }
        logger.notice("the rollout \(lost.file), whose journal is gone, is over by hand")
        forgetLost()
        // Whoever asks for this is in the middle of a change of the weights.
        Task { await weights.hold(nil) }
    }

    func forgetLost() {
        guard lost != nil else { return }
        lost = nil
        alarm = nil
        journalFault = nil
    }

    /// Sends everything back that a rollout without a journal has moved.
    func abortLost(_ reason: String) async throws(RolloutFault) {
        guard let lost else { throw .none }
        let text = reason.isEmpty ? "by hand" : reason
        do throws(WeightRefusal) {
            _ = try await weights.change(
                WeightRequest(
                    .weights(texts(.zero, of: lost.splits)), source: .rollout,
                    reason: "\(lost.file): \(text)"))
        } catch {
            throw .refused(error)
        }
        await weights.hold(nil)
        forgetLost()
        await audit?.append(
            AuditEvent(
                "rollout_abort", split: lost.splits.joined(separator: ","), subject: lost.file,
                from: .string("unknown"), to: .string("aborted"), reason: reason))
    }
}
