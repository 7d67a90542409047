package import Settings

/// How many requests one worker may still send again to an upstream: each request puts a part of
/// a retry in, each retry takes a whole one out. So retries stay a share of what is asked for,
/// and a failing upstream is not buried under them.
package struct RetryBudget: Sendable {
    /// In hundredths of a retry.
    private var balance = 0
    private var percent = 0

    /// Enough for an upstream that has hardly any requests.
    private static let start = 10 * 100
    /// What a busy upstream saves for the moment when one of its targets dies with all that it
    /// has in flight.
    private static let most = 1_000 * 100

    /// A budget that grants nothing until it takes on settings.
    package init() {}

    /// Takes on settings; what was saved stays, unless nothing may be sent again from now on.
    package mutating func takeOn(_ settings: RetrySettings) {
        let percent = max(0, settings.budgetPercent)
        if percent == 0 {
            balance = 0
        } else if self.percent == 0 {
            balance = Self.start
        }
        self.percent = percent
    }

    /// A request was sent for the first time.
    package mutating func deposit() {
        balance = min(balance &+ percent, Self.most)
    }

    /// Takes one retry out; false when there is none.
    package mutating func withdraw() -> Bool {
        guard balance >= 100 else { return false }
        balance -= 100
        return true
    }
}
