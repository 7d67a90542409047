/// By what the targets of one upstream are judged. All times are in milliseconds.
package struct HealthRules: Sendable, Equatable {
    /// So many checks in a row make a target sound again, or down.
    package struct Checks: Sendable, Equatable {
        /// In a row, 1 or more.
        package let rise: Int
        package let fall: Int

        package init(rise: Int, fall: Int) {
            self.rise = rise
            self.fall = fall
        }
    }

    /// How long a target is ejected, and how many of them at once.
    package struct Ejection: Sendable, Equatable {
        /// No ejection is longer than five minutes, unless the first one is.
        static let longest: Int64 = 300_000

        /// How long the first ejection lasts; the next one twice as long, and so on.
        package let base: Int64
        /// In percent of the upstream's targets, rounded down to whole ones, but at least one.
        package let maxSharePercent: Int

        package init(base: Int64, maxSharePercent: Int) {
            self.base = base
            self.maxSharePercent = maxSharePercent
        }

        /// How long the ejection with this number lasts, counted from 1.
        package func duration(of number: Int) -> Int64 {
            let limit = max(base, Self.longest)
            var duration = base
            for _ in 1..<max(1, number) where duration < limit { duration *= 2 }
            return min(duration, limit)
        }

        /// How many of so many targets may be ejected at once.
        package func most(of count: Int) -> Int {
            maxSharePercent <= 0 ? 0 : max(1, count * maxSharePercent / 100)
        }
    }

    /// nil: the targets are not checked.
    package var checks: Checks?
    /// nil: none is ever ejected.
    package var ejection: Ejection?
    /// A target that comes back has all its weight after so long; 0: at once.
    package var slowStart: Int64

    /// What is not said is not done.
    package init(checks: Checks? = nil, ejection: Ejection? = nil, slowStart: Int64 = 0) {
        self.checks = checks
        self.ejection = ejection
        self.slowStart = slowStart
    }
}
