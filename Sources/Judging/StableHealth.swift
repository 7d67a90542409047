/// Whether the stable side can take everything back.
package enum StableHealth {
    /// What is looked at: the last ten seconds.
    package static let seconds = 10.0

    /// Why nothing must be sent there by itself; nil when it can take it. `overdue`: exchanges
    /// that wait there for their answer for longer than that.
    package static func objection(
        hasUsableTarget: Bool, _ lastSeconds: SideWindow.Sum, overdue: Int
    ) -> String? {
        guard hasUsableTarget else { return "the stable side has no usable target" }
        let all = lastSeconds.ended + overdue
        let bad = lastSeconds.failed + overdue
        guard all > 0, 2 * bad > all else { return nil }
        return "at the stable side \(bad) of the \(all) exchanges of the last 10 s "
            + "failed or are overdue"
    }
}
