/// The keys of plans.
extension KeyTable {
    static let plan = KeyTable(
        owner: "a plan",
        known: [
            "splits", "steps", "judge", "guards", "on_breach", "require", "checklist", "smoke",
        ], later: [])

    static let planStep = KeyTable(
        owner: "a step", known: ["weight", "hold", "min_requests", "approve"], later: [])

    static let planJudge = KeyTable(owner: "`judge`", known: ["alpha", "latency"], later: [])

    static let planAllowance = KeyTable(
        owner: "`latency` of `judge`", known: ["factor", "plus"], later: [])

    static let planGuards = KeyTable(
        owner: "`guards`", known: ["error_share", "latency", "no_usable_target", "min_healthy"],
        later: [])

    static let planErrorShare = KeyTable(
        owner: "`error_share`", known: ["above", "over", "min_requests"], later: [])

    static let planLatency = KeyTable(
        owner: "`latency` of `guards`", known: ["quantile", "above", "over", "min_requests"],
        later: [])

    static let planRequirement = KeyTable(
        owner: "`require`", known: ["error_share_below", "at_most_worse", "alpha"], later: [])

    static let planActions = KeyTable(
        owner: "`on_breach`",
        known: ["errors", "denied", "no_route", "upgrade_required", "latency", "rate_limited"],
        later: [])
}
