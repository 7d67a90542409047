/// The keys of plans.
extension KeyTable {
    static let plan = KeyTable(
        owner: "a plan",
        known: [
            "splits", "steps", "judge", "guards", "on_breach", "require", "checklist", "smoke",
        ], later: [])

    static let planStep = KeyTable(
        owner: "a step", known: ["weight", "hold", "min_requests", "approve"], later: [],
        example: "{weight: 10, hold: 10m}")

    static let planJudge = KeyTable(
        owner: "`judge`", known: ["alpha", "latency"], later: [], example: "{alpha: 0.001}")

    static let planAllowance = KeyTable(
        owner: "`latency` of `judge`", known: ["factor", "plus"], later: [],
        example: "{factor: 1.25, plus: 2ms}")

    static let planGuards = KeyTable(
        owner: "`guards`", known: ["error_share", "latency", "no_usable_target", "min_healthy"],
        later: [], example: "{no_usable_target: 10s}")

    static let planErrorShare = KeyTable(
        owner: "`error_share`", known: ["above", "over", "min_requests"], later: [],
        example: "{above: 5%, over: 1m}")

    static let planLatency = KeyTable(
        owner: "`latency` of `guards`", known: ["quantile", "above", "over", "min_requests"],
        later: [], example: "{quantile: 0.95, above: 250ms}")

    static let planRequirement = KeyTable(
        owner: "`require`", known: ["error_share_below", "at_most_worse", "alpha"], later: [],
        example: "{error_share_below: 0.5%}")

    static let planActions = KeyTable(
        owner: "`on_breach`",
        known: [
            "errors", "denied", "no_route", "upgrade_required", "latency", "rate_limited",
            "hanging",
        ],
        later: [], example: "{latency: pause}")
}
