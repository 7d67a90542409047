internal import Kernel
package import Logging
package import Settings

/// Writes down every change, one after the other, in the `audit.jsonl` of the state_dir.
///
/// A change is in force before it is written down here, so that neither a full nor a slow disk
/// holds up a rollback. What cannot be written waits and is tried again; it is said meanwhile.
package actor AuditTrail {
    /// How the audit is.
    package struct Report: Sendable, Equatable {
        /// Where it is written; nil: nowhere.
        package var path: String?
        /// Why it cannot be written; nil when it can.
        package var fault: String?
        /// How large the file is, and the number and hash of its last line.
        package var size = 0
        package var last = AuditChain.Link()
        /// Entries that wait, and that were dropped.
        package var waiting = 0
        package var lost = 0
    }

    /// More wait nowhere: the oldest are dropped and counted.
    package static let mostWaiting = 1_000

    private let disk: DiskQueue
    private let logger: Logger
    private let store = AuditStore()
    private var entries: [AuditStore.Entry] = []
    private var isWriting = false
    private var line: [CheckedContinuation<Void, Never>] = []
    private var untoldLosses = 0
    /// How it is now.
    package private(set) var report = Report()

    package init(logger: Logger, disk: DiskQueue = .threads) {
        self.logger = logger
        self.disk = disk
    }

    /// The file of a snapshot; nil when nothing is kept.
    package static func path(_ snapshot: Snapshot) -> String? {
        snapshot.stateDirectory.map { "\($0)/audit.jsonl" }
    }

    /// Writes where a snapshot says from now on, and mends what a crash has left there.
    package func adopt(_ snapshot: Snapshot) async {
        let path = Self.path(snapshot)
        guard path != report.path else { return }
        report.path = path
        guard path != nil else { return }
        await write(evenNothing: true)
    }

    /// Writes one event down and returns when it is on the disk, or when that has failed.
    package func append(_ event: AuditEvent) async {
        guard report.path != nil else { return }
        if entries.count >= Self.mostWaiting {
            entries.removeFirst()
            untoldLosses += 1
            report.lost += 1
        }
        entries.append(
            AuditStore.Entry(event: event, atMilliseconds: WallClock.nanoseconds() / 1_000_000))
        report.waiting = entries.count
        await write()
    }

    /// Tries again what could not be written.
    package func retry() async {
        if !entries.isEmpty, !isWriting { await write() }
    }

    private func write(evenNothing: Bool = false) async {
        while isWriting { await withCheckedContinuation { line.append($0) } }
        guard let path = report.path, evenNothing || !entries.isEmpty else { return }
        isWriting = true
        let batch = entries
        let losses = untoldLosses
        let all = lossNote(losses) + batch
        let receipt = await disk.run { [store] in store.append(all, to: path) }
        isWriting = false
        note(receipt, batch.count, losses)
        let waiting = line
        line = []
        for one in waiting { one.resume() }
    }

    private func lossNote(_ losses: Int) -> [AuditStore.Entry] {
        guard losses > 0 else { return [] }
        let facts = [JSONValue.Member(name: "lost", value: .number(losses))]
        return [
            AuditStore.Entry(
                event: AuditEvent("lost", facts: facts, caller: .sluice),
                atMilliseconds: WallClock.nanoseconds() / 1_000_000)
        ]
    }

    private func note(_ receipt: AuditStore.Receipt, _ count: Int, _ losses: Int) {
        for finding in receipt.findings { logger.error("audit.jsonl: \(finding)") }
        if let fault = receipt.fault {
            if report.fault != fault {
                logger.error("audit.jsonl was not written: \(fault); it is tried again")
            }
        } else {
            if report.fault != nil { logger.notice("audit.jsonl is written again") }
            // Meanwhile the oldest may have been dropped.
            let dropped = untoldLosses - losses
            entries.removeFirst(max(0, min(count - dropped, entries.count)))
            untoldLosses = max(0, dropped - count)
            report.size = receipt.size
            report.last = receipt.last
        }
        report.fault = receipt.fault
        report.waiting = entries.count
    }
}
