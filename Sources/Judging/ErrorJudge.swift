/// Says whether the candidate is worse than the stable side, and is wrong with a chance of at most
/// alpha in a whole rollout, however often it is asked and however the shares change.
///
/// There is one process for each class in total and one for each class at each prefix. Each is
/// expected to be at most 1 whenever one looks (a test supermartingale), so their mean with fixed
/// weights is, too, and to see it reach 1 / alpha has a chance of at most alpha if the candidate is
/// no worse (Ville's inequality).
package struct ErrorJudge: Sendable, Equatable {
    /// That the candidate is worse.
    package struct Breach: Sendable, Equatable {
        /// What speaks against it most: the class, and the prefix's slot, nil for the total.
        package let kind: JudgedClass
        package let prefix: Int?
        /// The logarithm of the mean, and that of the process.
        package let logEvidence: Double
        package let logValue: Double
        /// Which start of the process has most part in it, and what was seen since that.
        package let start: Int
        package let tallies: [Likelihood.Tally]
    }

    private static let kinds = JudgedClass.allCases.count

    /// The chance of a false alarm.
    package let alpha: Double
    /// Which process is where: the totals of the classes, then the classes of each prefix.
    private var processes: [RenewedLikelihood?]
    private var values: [Double]
    private var open: [Int] = []
    private var keys: StickyKeys
    private var factors: Likelihood.Factors?
    /// Classes that have breached already: they were told of.
    package private(set) var settled: [JudgedClass] = []

    /// A judge that has seen nothing.
    package init(alpha: Double = 0.001, mostKeys: Int = StickyKeys.most) {
        self.alpha = alpha
        let count = Self.kinds * (1 + PrefixSlots.most)
        processes = Array(repeating: nil, count: count)
        values = Array(repeating: 0, count: count)
        keys = StickyKeys(limit: mostKeys)
    }

    /// What a process weighs: half for the errors in total, a quarter over the other classes in
    /// total, a quarter over the prefixes.
    static func weight(_ kind: JudgedClass, hasPrefix: Bool) -> Double {
        if hasPrefix { return 0.25 / Double(kinds * PrefixSlots.most) }
        return kind == .errors ? 0.5 : 0.25 / Double(kinds - 1)
    }

    /// Takes errors in.
    package mutating func take(_ evidence: Evidence) {
        guard evidence.share > 0, evidence.share < 1 else { return }
        if factors?.share != evidence.share {
            factors = Likelihood.Factors(
                share: evidence.share, base: 1, ratios: Likelihood.worseRatios)
        }
        add(evidence, at: evidence.kind.rawValue)
        if let prefix = evidence.prefix, prefix < PrefixSlots.most {
            add(evidence, at: Self.kinds * (1 + prefix) + evidence.kind.rawValue)
        }
    }

    /// Takes in the error of a client that is kept at its side; it counts if it is the first of
    /// its class from this client. Whether it did.
    @discardableResult
    package mutating func take(_ error: StickyError) -> Bool {
        guard error.share > 0, error.share < 1, keys.insert(error.key, error.kind) else {
            return false
        }
        take(
            Evidence(
                error.kind, prefix: error.prefix, share: error.share,
                candidate: error.isOnCandidate ? 1 : 0, stable: error.isOnCandidate ? 0 : 1))
        return true
    }

    /// Notes that a key has counted; its evidence comes by itself.
    package mutating func remember(_ key: UInt64, _ kind: JudgedClass) {
        _ = keys.insert(key, kind)
    }

    /// Whether the error of a client that is kept at its side would count.
    package func isNew(_ error: StickyError) -> Bool {
        error.share > 0 && error.share < 1 && keys.isNew(error.key, error.kind)
    }

    private mutating func add(_ evidence: Evidence, at index: Int) {
        guard let factors else { return }
        if processes[index] == nil { begin(RenewedLikelihood(), at: index) }
        processes[index]?.take(factors, candidate: evidence.candidate, stable: evidence.stable)
        values[index] = processes[index]?.logValue ?? 0
    }

    private mutating func begin(_ process: RenewedLikelihood, at index: Int) {
        if processes[index] == nil {
            // By their places, so that the sum is the same whoever came first.
            open.insert(index, at: open.firstIndex { $0 > index } ?? open.count)
        }
        processes[index] = process
        values[index] = process.logValue
    }

    /// Whether clients that are kept at their sides give no more evidence of a class.
    package func isFull(_ kind: JudgedClass) -> Bool { keys.isFull(kind) }

    /// What a class has seen in total, or at a prefix.
    package func process(_ kind: JudgedClass, prefix: Int? = nil) -> RenewedLikelihood {
        processes[prefix.map { Self.kinds * (1 + $0) + kind.rawValue } ?? kind.rawValue]
            ?? RenewedLikelihood()
    }

    /// The keys that have counted in a class, by their size.
    package func keys(_ kind: JudgedClass) -> [UInt64] { keys.all(kind) }

    /// The logarithm of the mean of all processes that have not been told of.
    package var logEvidence: Double { sum().log }

    /// The logarithm of what the mean must reach.
    package var logLimit: Double { -Logarithm.natural(alpha) }

    /// That the candidate is worse; nil while nothing shows it.
    package var breach: Breach? {
        let (log, most) = sum()
        guard log >= logLimit, let most, let process = processes[most] else { return nil }
        let prefix = most < Self.kinds ? nil : most / Self.kinds - 1
        return Breach(
            kind: Self.kind(of: most), prefix: prefix, logEvidence: log, logValue: values[most],
            start: process.leading.number, tallies: process.leading.process.tallies)
    }

    /// A breach was told of: its class has no part in the mean from now on, which only makes it
    /// smaller.
    package mutating func settle(_ kind: JudgedClass) {
        if !settled.contains(kind) { settled.append(kind) }
    }

    private static func kind(of index: Int) -> JudgedClass {
        JudgedClass(rawValue: index % kinds) ?? .errors
    }

    /// The logarithm of the mean, and which process has most part in it.
    private func sum() -> (log: Double, most: Int?) {
        var rest = 1.0
        var sum = 0.0
        var most: Int?
        var mostPart = 0.0
        for kind in settled { rest -= Self.wholeWeight(of: kind) }
        for index in open {
            let kind = Self.kind(of: index)
            if settled.contains(kind) { continue }
            let weight = Self.weight(kind, hasPrefix: index >= Self.kinds)
            rest -= weight
            let part = weight * Logarithm.exponential(values[index])
            sum += part
            if part > mostPart {
                most = index
                mostPart = part
            }
        }
        return (Logarithm.natural(min(sum + max(rest, 0), .greatestFiniteMagnitude)), most)
    }

    private static func wholeWeight(of kind: JudgedClass) -> Double {
        weight(kind, hasPrefix: false)
            + weight(kind, hasPrefix: true) * Double(PrefixSlots.most)
    }

    /// Judges are alike when they have seen the same.
    package static func == (left: ErrorJudge, right: ErrorJudge) -> Bool {
        left.alpha == right.alpha && left.processes == right.processes
            && left.keys == right.keys && left.settled == right.settled
    }
}

/// What was taken in as few numbers, and back: a judge that takes these in comes to the same.
extension ErrorJudge {
    /// One process: how its starts stand, and what they have seen.
    package struct Sum: Sendable {
        /// The class, and the prefix's slot; nil for the total.
        package let kind: JudgedClass
        package let prefix: Int?
        package let process: RenewedLikelihood
    }

    /// Every process that has seen an error.
    package var sums: [Sum] {
        open.compactMap { index in
            processes[index].map {
                Sum(
                    kind: Self.kind(of: index),
                    prefix: index < Self.kinds ? nil : index / Self.kinds - 1, process: $0)
            }
        }
    }

    /// Begins a process with these starts; what they have seen is put in afterwards. Numbers that
    /// no process has had begin none.
    package mutating func begin(
        _ kind: JudgedClass, prefix: Int?, starts: [Int], nextNumber: Int
    ) {
        guard let index = Self.index(kind, prefix),
            let process = RenewedLikelihood(numbers: starts, nextNumber: nextNumber)
        else { return }
        begin(process, at: index)
    }

    /// Puts in what one start of one process has seen, or, with no start, what all have.
    package mutating func put(
        _ kind: JudgedClass, prefix: Int?, _ tally: Likelihood.Tally, start: Int?
    ) {
        guard let index = Self.index(kind, prefix) else { return }
        if processes[index] == nil { begin(RenewedLikelihood(), at: index) }
        processes[index]?.put(
            share: tally.share, candidate: tally.candidate, stable: tally.stable, start: start)
        values[index] = processes[index]?.logValue ?? 0
    }

    private static func index(_ kind: JudgedClass, _ prefix: Int?) -> Int? {
        guard let prefix else { return kind.rawValue }
        return (0..<PrefixSlots.most).contains(prefix)
            ? kinds * (1 + prefix) + kind.rawValue : nil
    }
}
