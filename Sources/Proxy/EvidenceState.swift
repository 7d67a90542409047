internal import Bytes
internal import Judging
internal import Telemetry

/// What an exchange keeps of its part in a rollout.
struct RolloutMark {
    /// The number of the share that it was routed by, 0 while nobody looks.
    var segment: UInt16 = 0
    /// The number of its path's prefix, 0 for none.
    var prefix: UInt8 = 0
    /// Whether the upstream broke off the answer, whether the head of one came, and whether it was
    /// waited for too long, which counts once.
    var isBroken = false
    var isAnswered = false
    var isHanging = false
    /// How long the service behind took, in milliseconds, as its gateway tells.
    var serviceMilliseconds: UInt32 = 0
    /// The hash of the key that keeps its client at its side.
    var key: UInt64 = 0
}

/// What a worker counts for the judge of a rollout. Room is made when a rollout begins and when
/// the share changes; counting needs none.
struct EvidenceState: ~Copyable {
    /// An error of a client that is kept at its side.
    struct StickyCell {
        var key: UInt64 = 0
        var kind = JudgedClass.errors
        var prefix: UInt8 = 0
        var segment: UInt16 = 0
        var isOnCandidate = false
    }

    struct SideCounts {
        var traffic = EvidenceReport.Traffic()
    }

    static let stable = 0
    static let candidate = 1
    private static let kinds = JudgedClass.allCases.count
    private static let mostPrefixes = PrefixSlots.most
    private static let columns = kinds * (mostPrefixes + 1)
    private static let mostSegments = 1_000
    private static let mostSticky = 4_096

    private(set) var isOn = false
    private(set) var splits: [TrackedLanes] = []
    /// The shares of the segments, from number 1 on. They are kept for the process's life, since
    /// exchanges may be.
    private(set) var shares: [Double] = [0]
    private var cells = Table<UInt32>(count: 0) { _ in 0 }
    /// What the candidate has ended of what the split itself has sent there, by segments.
    private var served = Table<Int>(count: 0) { _ in 0 }
    /// Stable and candidate of each split, one split after the other.
    private(set) var sides = Table<SideCounts>(count: 2) { _ in SideCounts() }
    var stableTimes = LatencyHistogram()
    var candidateTimes = LatencyHistogram()
    /// How long stable's answers took with the service behind.
    var wholeTimes = LatencyHistogram()
    /// In nanoseconds: what takes longer is late; the greatest number for no mark.
    var stableMark = UInt64.max
    var candidateMark = UInt64.max
    /// In nanoseconds: what waits for longer hangs.
    private(set) var patience = Patience().limits

    private var table = PrefixTable()
    /// The texts of its slots, as far as they were told.
    private var prefixes: [String] = []
    private var sticky = Table<StickyCell>(count: 0) { _ in StickyCell() }
    private var stickyCount = 0
    private var lostSticky = 0

    /// Begins to count for these, from nothing; for none, ends.
    mutating func begin(_ splits: [TrackedLanes]) {
        self.splits = splits
        isOn = !splits.isEmpty
        stableMark = .max
        candidateMark = .max
        patience = Patience().limits
        guard isOn else { return }
        sticky.grow(to: Self.mostSticky) { _ in StickyCell() }
        sides.grow(to: 2 * splits.count) { _ in SideCounts() }
        for index in 0..<cells.count { cells[index] = 0 }
        for index in 0..<served.count { served[index] = 0 }
        table = PrefixTable(slots: Self.mostPrefixes, sides: 0)
        prefixes = []
        stickyCount = 0
        lostSticky = 0
        for side in 0..<sides.count { sides[side] = SideCounts() }
        stableTimes = LatencyHistogram()
        candidateTimes = LatencyHistogram()
        wholeTimes = LatencyHistogram()
    }

    /// From now on these hold.
    mutating func set(_ marks: LatencyMarks.Marks?, _ patience: LatencyMarks.Marks) {
        stableMark = marks?.stable ?? .max
        candidateMark = marks?.candidate ?? .max
        self.patience = patience
    }

    /// The number of a share; 0, which is not counted, when there were too many.
    mutating func segment(of share: Double) -> UInt16 {
        guard share >= 0, share <= 1 else { return 0 }
        if let known = shares.dropFirst().firstIndex(of: share) { return UInt16(known) }
        guard shares.count <= Self.mostSegments else { return 0 }
        shares.append(share)
        cells.grow(to: (shares.count - 1) * 2 * Self.columns) { _ in 0 }
        served.grow(to: shares.count) { _ in 0 }
        return UInt16(shares.count - 1)
    }

    /// The number of a path's prefix, from 1 on, a new one while there is room; 0 for none.
    mutating func number(ofPath path: Span<UInt8>) -> UInt8 {
        let slot = table.slot(path: path)
        return slot < Self.mostPrefixes ? UInt8(truncatingIfNeeded: slot &+ 1) : 0
    }

    /// One error that compares both sides.
    func count(_ kind: JudgedClass, segment: UInt16, prefix: UInt8, side: Int) {
        let row = (Int(segment) &- 1) &* 2 &+ side
        let column = kind.rawValue &* (Self.mostPrefixes &+ 1) &+ Int(prefix)
        cells[row &* Self.columns &+ column] &+= 1
    }

    /// One error of a client that is kept at its side.
    mutating func count(_ cell: StickyCell) {
        guard stickyCount < sticky.count else {
            lostSticky &+= 1
            return
        }
        sticky[stickyCount] = cell
        stickyCount &+= 1
    }

    /// An exchange has ended, or gone elsewhere, at a side of the split at a place. What got
    /// neither an answer nor a failure to have one, as its client went away, is `nil`.
    func ended(place: Int, side: Int, failed: Bool, answered: Bool?) {
        let row = 2 &* place &+ side
        sides[row].traffic.ended &+= 1
        if failed { sides[row].traffic.failed &+= 1 }
        if answered == true { sides[row].traffic.answered &+= 1 }
        if answered == false { sides[row].traffic.unanswered &+= 1 }
    }

    /// An exchange has waited for its answer for more than ten seconds, at this moment.
    func isOverdue(place: Int, side: Int) { sides[2 &* place &+ side].traffic.overdue &+= 1 }

    /// A request that was said in full waits for its answer, for so long at this moment.
    func isWaiting(place: Int, side: Int, nanoseconds: UInt64) {
        let row = 2 &* place &+ side
        sides[row].traffic.waiting &+= 1
        if nanoseconds > 1_000_000_000 { sides[row].traffic.slow &+= 1 }
        if nanoseconds > mostWait(side) { sides[row].traffic.hanging &+= 1 }
    }

    /// A client has left, which had waited for too long.
    func wasGivenUp(place: Int, side: Int) { sides[2 &* place &+ side].traffic.givenUp &+= 1 }

    /// What still waits after this hangs, at either side: judged at the same age, what began to
    /// hang at both at once is seen at both at once, and so is the end of that.
    var longestWait: UInt64 { max(patience.stable, patience.candidate) }

    /// In nanoseconds: what was over later than this at a side has hung.
    func mostWait(_ side: Int) -> UInt64 {
        side == Self.candidate ? patience.candidate : patience.stable
    }

    /// The candidate has ended what its split has sent there at a share.
    func wasServed(segment: UInt16) { served[Int(segment)] &+= 1 }

    /// What was counted since the last call.
    mutating func take() -> EvidenceReport {
        var report = EvidenceReport()
        guard isOn else { return report }
        while prefixes.count < table.count {
            prefixes.append(table.text(slot: prefixes.count))
        }
        report.prefixes = prefixes
        takeCells(into: &report)
        for index in 0..<stickyCount {
            let cell = sticky[index]
            report.sticky.append(
                EvidenceReport.StickyRow(
                    key: cell.key, cell.kind, prefix: name(cell.prefix),
                    share: shares[Int(cell.segment)], isOnCandidate: cell.isOnCandidate))
        }
        report.lostSticky = lostSticky
        stickyCount = 0
        lostSticky = 0
        takeTraffic(into: &report)
        // Copies with storage of their own: the next count must not copy anything.
        report.stable.times.merge(stableTimes)
        report.candidate.times.merge(candidateTimes)
        stableTimes = LatencyHistogram()
        candidateTimes = LatencyHistogram()
        report.wholeTimes.merge(wholeTimes)
        wholeTimes = LatencyHistogram()
        return report
    }

    private func takeTraffic(into report: inout EvidenceReport) {
        for place in splits.indices {
            let both = EvidenceReport.Both(
                stable: sides[2 * place + Self.stable].traffic,
                candidate: sides[2 * place + Self.candidate].traffic)
            report.add(both, of: splits[place].name)
            for side in 0..<2 { sides[2 * place + side] = SideCounts() }
        }
        for segment in 1..<max(shares.count, 1) where served[segment] > 0 {
            report.served[shares[segment], default: 0] += served[segment]
            served[segment] = 0
        }
    }

    private func takeCells(into report: inout EvidenceReport) {
        for segment in 1..<max(shares.count, 1) {
            let first = (segment - 1) * 2 * Self.columns
            for column in 0..<Self.columns {
                let stable = cells[first + column]
                let candidate = cells[first + Self.columns + column]
                guard stable > 0 || candidate > 0 else { continue }
                cells[first + column] = 0
                cells[first + Self.columns + column] = 0
                let (kind, prefix) = column.quotientAndRemainder(
                    dividingBy: Self.mostPrefixes + 1)
                guard let kind = JudgedClass(rawValue: kind) else { continue }
                report.rows.append(
                    EvidenceReport.Row(
                        kind, prefix: name(UInt8(prefix)), share: shares[segment],
                        candidate: Int(candidate), stable: Int(stable)))
            }
        }
    }

    private func name(_ prefix: UInt8) -> String? {
        (1...prefixes.count + 1).contains(Int(prefix)) && Int(prefix) <= prefixes.count
            ? prefixes[Int(prefix) - 1] : nil
    }
}
