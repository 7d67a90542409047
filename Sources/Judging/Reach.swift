/// What the traffic of one side shows of whether anything is there: whether exchanges get an
/// answer at all, be it a good one or not.
package struct Reach: Sendable, Equatable {
    /// With fewer in a row nothing is shown.
    package static let fewest = 3
    /// An answer is no news any more after so many seconds; that there was none, after these.
    package static let freshSeconds = 60.0
    private static let staleSeconds = 600.0

    /// When the last one came, and since then how many exchanges have got none, the first and the
    /// last of them when.
    package private(set) var lastAnswer: Double?
    package private(set) var inARow = 0
    private var first = 0.0
    private var last = 0.0

    /// Without an exchange.
    package init() {}

    /// Takes in how many have got an answer since the last call, and how many none.
    package mutating func take(answered: Int, unanswered: Int, nowSeconds: Double) {
        if answered > 0 {
            lastAnswer = nowSeconds
            inARow = 0
        } else if unanswered > 0 {
            if inARow == 0 || nowSeconds - last > Self.staleSeconds {
                first = nowSeconds
                inARow = 0
            }
            last = nowSeconds
            inARow += unanswered
        }
    }

    /// For how many seconds none has got an answer, while some wanted one; nil when one has, or
    /// too few have asked of late.
    package func silentSeconds(nowSeconds: Double) -> Double? {
        guard inARow >= Self.fewest, nowSeconds - last <= Self.staleSeconds else { return nil }
        return nowSeconds - first
    }

    /// Whether that is so for that long, and not only of a moment so long ago.
    package func isSilent(forSeconds seconds: Double, nowSeconds: Double) -> Bool {
        guard let silent = silentSeconds(nowSeconds: nowSeconds) else { return false }
        return silent >= seconds && last - first >= seconds / 2
    }

    /// Whether an answer has come of late and none was missing since.
    package func isAnswering(nowSeconds: Double) -> Bool {
        guard let lastAnswer, inARow == 0 else { return false }
        return nowSeconds - lastAnswer <= Self.freshSeconds
    }
}
