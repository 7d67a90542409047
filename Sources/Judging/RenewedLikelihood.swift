/// A likelihood that begins anew where much was lost: what happened earlier hides only so much of
/// what happens later.
///
/// Errors on the stable side alone make a value small, and it takes as many on the candidate to
/// make it large again. So whenever the youngest start has come down to a fiftieth, another one
/// begins at 1, which takes in only what comes after it. Starts number 0, 1, 2, ... weigh 1/2, 1/6,
/// 1/12, ..., 1 / ((k + 1)(k + 2)), together 1, and those that have not begun are at 1. Whether one
/// begins depends on nothing but what was seen before, and so the sum of all of them has the
/// expectation of at most 1 as each of them has (a start that is dropped only makes it smaller).
package struct RenewedLikelihood: Sendable, Equatable {
    /// One start: its number, and what was seen since.
    package struct Start: Sendable, Equatable {
        /// Counted from 0.
        package let number: Int
        package private(set) var process = Likelihood()

        /// At 1.
        package init(number: Int) { self.number = number }

        /// The logarithm of what it has part in the sum.
        package var logPart: Double {
            process.logValue - Logarithm.natural(Double((number + 1) * (number + 2)))
        }

        mutating func take(_ factors: Likelihood.Factors, candidate: Int, stable: Int) {
            process.take(factors, candidate: candidate, stable: stable)
        }
    }

    /// Another one begins when the youngest has come down to one fiftieth.
    package static let renewalQuotient = 50.0
    /// So many go on at once; of more, the one with least part in the sum is dropped.
    package static let mostStarts = 12

    /// Those that go on, by their numbers; and the number of the next one.
    package private(set) var starts = [Start(number: 0)]
    package private(set) var nextNumber = 1
    /// All that was seen since the beginning, by growing share.
    package private(set) var tallies: [Likelihood.Tally] = []
    /// The logarithm of its value.
    package private(set) var logValue = 0.0

    /// Without an error: a value of 1.
    package init() {}

    /// Takes errors in; those at a share of 0 or 1 say nothing.
    package mutating func take(share: Double, candidate: Int, stable: Int) {
        guard share > 0, share < 1 else { return }
        take(
            Likelihood.Factors(share: share, base: 1, ratios: Likelihood.worseRatios),
            candidate: candidate, stable: stable)
    }

    mutating func take(_ factors: Likelihood.Factors, candidate: Int, stable: Int) {
        guard candidate > 0 || stable > 0 else { return }
        count(factors.share, candidate, stable)
        for index in starts.indices {
            starts[index].take(factors, candidate: candidate, stable: stable)
        }
        renew()
        setValue()
    }

    private mutating func renew() {
        guard let youngest = starts.last,
            youngest.process.logValue <= -Logarithm.natural(Self.renewalQuotient)
        else { return }
        if starts.count >= Self.mostStarts {
            var least = 0
            for index in starts.indices where starts[index].logPart < starts[least].logPart {
                least = index
            }
            starts.remove(at: least)
        }
        starts.append(Start(number: nextNumber))
        nextNumber += 1
    }

    private mutating func count(_ share: Double, _ candidate: Int, _ stable: Int) {
        let place = tallies.firstIndex { $0.share >= share } ?? tallies.count
        if place == tallies.count || tallies[place].share > share {
            tallies.insert(
                Likelihood.Tally(share: share, candidate: 0, stable: 0), at: place)
        }
        tallies[place].candidate += candidate
        tallies[place].stable += stable
    }

    private mutating func setValue() {
        // Those that have not begun.
        let rest = -Logarithm.natural(Double(nextNumber + 1))
        let parts = starts.map(\.logPart) + [rest]
        var most = rest
        for part in parts where part > most { most = part }
        var sum = 0.0
        for part in parts where part > most - 40 { sum += Logarithm.exponential(part - most) }
        logValue = most + Logarithm.natural(sum)
    }

    /// How many errors fell on each side.
    package var counts: (candidate: Int, stable: Int) {
        tallies.reduce((0, 0)) { ($0.0 + $1.candidate, $0.1 + $1.stable) }
    }

    /// What makes up its value: each start's tallies, and those of all where no start has them.
    package var rows: [(start: Int?, tally: Likelihood.Tally)] {
        let whole = starts.first?.number == 0 ? [] : tallies.map { (start: Int?.none, tally: $0) }
        return whole
            + starts.flatMap { start in
                start.process.tallies.map { (start: Int?.some(start.number), tally: $0) }
            }
    }

    /// The start that has most part in the value.
    package var leading: Start {
        var most = starts[0]
        for start in starts where start.logPart > most.logPart { most = start }
        return most
    }
}

/// What was written down, read back.
extension RenewedLikelihood {
    /// A process of these starts; what each has seen is put in by `put`.
    package init?(numbers: [Int], nextNumber: Int) {
        guard let last = numbers.last, last == nextNumber - 1, numbers[0] >= 0,
            zip(numbers, numbers.dropFirst()).allSatisfy(<), numbers.count <= Self.mostStarts
        else { return nil }
        starts = numbers.map(Start.init)
        self.nextNumber = nextNumber
        setValue()
    }

    /// Puts in what a start has seen, or, with no start, what all of them together have; no other
    /// one begins by this.
    package mutating func put(
        share: Double, candidate: Int, stable: Int, start: Int?
    ) {
        guard share > 0, share < 1, candidate > 0 || stable > 0 else { return }
        // The first start has seen all there was.
        if start ?? 0 == 0 { count(share, candidate, stable) }
        guard let start else { return }
        guard let index = starts.firstIndex(where: { $0.number == start }) else { return }
        starts[index].take(
            Likelihood.Factors(share: share, base: 1, ratios: Likelihood.worseRatios),
            candidate: candidate, stable: stable)
        setValue()
    }
}
