/// Divides a sequence of numbers between a minor and a major side, exactly and jittered.
///
/// With the minor share w/W (at most one half) the numbers 0, 1, 2… fall into intervals, number k
/// into interval floor(k·w/W). An interval has W/w numbers, rounded down or up, so two at least,
/// and exactly one of them, drawn by a hash of the interval, goes to the minor side. The minor
/// count below k is therefore less than 1 away from k·w/W, and less than 2 off in every window.
struct TwoWayStep: Sendable {
    /// Which side a number goes to, and how many numbers below it went to that side.
    struct Place {
        let isMinor: Bool
        let rank: UInt64
    }

    /// W: after so many numbers the intervals repeat (their draws do not).
    private let period: UInt64
    /// w: the intervals in one period.
    private let intervals: UInt64
    /// W/w, the mean length of an interval: the whole part, and what the division leaves.
    private let wholeLength: UInt64
    private let lengthRest: UInt64
    private let seed: UInt64

    /// Divides by `minor` to `major`; `minor` is at least 1 and at most `major`.
    ///
    /// The bounds keep every product below 2^60. Shares alone count: 20 to 80 is 1 to 4.
    init(minor: UInt64, major: UInt64, seed: UInt64) {
        precondition(0 < minor && minor <= major, "the minor side is the larger one")
        precondition(minor < 1 << 27 && major < 1 << 33, "a weight out of range")
        let divisor = greatestCommonDivisor(minor, major)
        period = (minor + major) / divisor
        intervals = minor / divisor
        (wholeLength, lengthRest) = period.quotientAndRemainder(dividingBy: intervals)
        self.seed = seed
    }

    /// The place of a number; defined for every number, with nothing to overflow.
    func place(of number: UInt64) -> Place {
        let (cycle, position) = number.quotientAndRemainder(dividingBy: period)
        let interval = position &* intervals / period
        let globalInterval = cycle &* intervals &+ interval

        // The interval begins at ceil(interval·W/w) and ends where the next one begins.
        let (begin, beginRest) = (interval &* period).quotientAndRemainder(dividingBy: intervals)
        let first = begin &+ (beginRest > 0 ? 1 : 0)
        let endRest = beginRest &+ lengthRest
        let carry: UInt64 = endRest > intervals ? 2 : endRest > 0 ? 1 : 0
        let length = begin &+ wholeLength &+ carry &- first

        let drawn = first &+ scaled(mixed(seed ^ mixed(globalInterval)), below: length)
        if drawn == position { return Place(isMinor: true, rank: globalInterval) }
        let minorBelow = globalInterval &+ (drawn < position ? 1 : 0)
        return Place(isMinor: false, rank: number &- minorBelow)
    }
}

private func greatestCommonDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
    var (left, right) = (left, right)
    while right > 0 { (left, right) = (right, left % right) }
    return left
}
