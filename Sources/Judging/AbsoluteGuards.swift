/// Limits that a candidate must keep whatever the stable side does.
package struct AbsoluteGuards: Sendable, Equatable {
    /// A share of failures that must not be passed.
    package struct ErrorShare: Sendable, Equatable {
        /// 0 to 1; over so long; with fewer exchanges nothing is known.
        package let above: Double
        package let overSeconds: Double
        package let fewest: Int

        package init(above: Double, overSeconds: Double = 60, fewest: Int = 100) {
            self.above = above
            self.overSeconds = overSeconds
            self.fewest = fewest
        }
    }

    /// A time that a quantile of answers must not pass.
    package struct Latency: Sendable, Equatable {
        /// Which quantile, 0 to 1; how many seconds; over so long; with fewer answers nothing is
        /// known.
        package let quantile: Double
        package let aboveSeconds: Double
        package let overSeconds: Double
        package let fewest: Int

        package init(
            quantile: Double, aboveSeconds: Double, overSeconds: Double = 60, fewest: Int = 100
        ) {
            self.quantile = quantile
            self.aboveSeconds = aboveSeconds
            self.overSeconds = overSeconds
            self.fewest = fewest
        }
    }

    /// Which guard it is.
    package enum Name: String, Sendable, CaseIterable {
        case errorShare = "error_share"
        case latency
        case noUsableTarget = "no_usable_target"
        case minHealthy = "min_healthy"
    }

    /// How a guard stands.
    package enum Standing: Sendable, Equatable {
        case holds
        /// Too little is known: it passes no step and breaches nothing.
        case noData(String)
        case breached(String)
    }

    /// What is seen of the candidate beside its exchanges.
    package struct Sight: Sendable, Equatable {
        /// Its targets, and those that may be chosen.
        package let targets: Int
        package let usable: Int
        /// Whether checks ask them. Otherwise a target is usable until traffic shows that it is
        /// not.
        package var isChecked: Bool
        /// What its traffic shows, for each of its splits.
        package var reaches: [Reach]
        /// Requests that hang there at this moment: they have failed as long as they do.
        package var hanging = 0
        /// Whether somebody has drained it: that it gets nothing is nobody's fault.
        package var isDrained = false
        /// For how many seconds its traffic has been looked at.
        package var lookedSeconds = Reach.freshSeconds

        package init(
            targets: Int, usable: Int, isChecked: Bool = true, reaches: [Reach] = []
        ) {
            self.targets = targets
            self.usable = usable
            self.isChecked = isChecked
            self.reaches = reaches
        }
    }

    /// Those that are set; a candidate without a usable target for so long is always one, unless
    /// it is switched off.
    package var errorShare: ErrorShare?
    package var latency: Latency?
    package var noUsableTargetSeconds: Double?
    package var minHealthy: Int?

    package init(
        errorShare: ErrorShare? = nil, latency: Latency? = nil,
        noUsableTargetSeconds: Double? = 10, minHealthy: Int? = nil
    ) {
        self.errorShare = errorShare
        self.latency = latency
        self.noUsableTargetSeconds = noUsableTargetSeconds
        self.minHealthy = minHealthy
    }

    /// How each stands. `unusableSince`: since when the candidate has had no usable target.
    package func standings(
        _ candidate: SideWindow, _ sight: Sight, unusableSince: Double?, nowSeconds: Double
    ) -> [(name: Name, standing: Standing)] {
        var standings: [(name: Name, standing: Standing)] = []
        if let errorShare {
            let standing = standing(errorShare, candidate, sight.hanging, nowSeconds)
            standings.append((.errorShare, standing))
        }
        if let latency { standings.append((.latency, standing(latency, candidate, nowSeconds))) }
        if let noUsableTargetSeconds {
            standings.append(
                (
                    .noUsableTarget,
                    standing(noUsableTargetSeconds, sight, unusableSince, nowSeconds)
                ))
        }
        if let minHealthy {
            let text = "\(sight.usable) of \(sight.targets) targets usable, expected \(minHealthy)"
            standings.append(
                (.minHealthy, sight.usable < minHealthy ? .breached(text) : .holds))
        }
        return standings
    }

    /// What checks say comes first; what traffic shows counts as well, since checks may ask
    /// another port, and an upstream that only its traffic tells of is never without a target.
    private func standing(
        _ most: Double, _ sight: Sight, _ unusableSince: Double?, _ now: Double
    ) -> Standing {
        if sight.isDrained { return .noData("it is drained") }
        if let unusableSince {
            let text = "no usable target for \(Int(now - unusableSince)) s"
            return now - unusableSince >= most ? .breached(text) : .noData(text)
        }
        for reach in sight.reaches where reach.isSilent(forSeconds: most, nowSeconds: now) {
            let seconds = Int(reach.silentSeconds(nowSeconds: now) ?? 0)
            return .breached("\(reach.inARow) in a row got no answer, for \(seconds) s")
        }
        for reach in sight.reaches where reach.silentSeconds(nowSeconds: now) != nil {
            return .noData("\(reach.inARow) in a row got no answer")
        }
        let isKnown =
            sight.isChecked
            || !sight.reaches.isEmpty
                && sight.reaches.allSatisfy { $0.isAnswering(nowSeconds: now) }
        guard !isKnown else { return .holds }
        let looked = Int(min(sight.lookedSeconds, Reach.freshSeconds))
        return .noData(
            "no `health`, and no answer of its traffic in the last \(looked) s"
                + (sight.lookedSeconds < Reach.freshSeconds ? ", all that was looked at" : ""))
    }

    private func standing(
        _ limit: ErrorShare, _ window: SideWindow, _ hanging: Int, _ now: Double
    ) -> Standing {
        var sum = window.sum(ofLast: limit.overSeconds, nowSeconds: now)
        sum.ended += hanging
        sum.failed += hanging
        guard sum.ended >= limit.fewest, sum.ended > 0 else {
            return .noData("\(sum.ended) exchanges, needs \(limit.fewest)")
        }
        guard Double(sum.failed) > limit.above * Double(sum.ended) else { return .holds }
        let hang = hanging > 0 ? " or hang" : ""
        return .breached("\(sum.failed) of \(sum.ended) exchanges failed\(hang)")
    }

    private func standing(_ limit: Latency, _ window: SideWindow, _ now: Double) -> Standing {
        let found = window.quantile(
            limit.quantile, ofLast: limit.overSeconds, nowSeconds: now, fewest: limit.fewest)
        guard let found else { return .noData("fewer than \(limit.fewest) answers") }
        guard found > limit.aboveSeconds else { return .holds }
        let milliseconds = Int(found * 1_000)
        return .breached("the \(limit.quantile) quantile is \(milliseconds) ms")
    }
}
