internal import Judging

/// The keys of plans.
extension KeyTable {
    /// Every mapping of a plan with fixed keys.
    static let plans: [KeyTable] = [
        .plan, .planStep, .planJudge, .planAllowance, .planGuards, .planErrorShare, .planLatency,
        .planActions, .planRequirement,
    ]

    static let plan = KeyTable(
        owner: "a plan", at: "plan",
        keys: [
            SettingKey(
                "splits", .list(.name, 1...Limits.splits),
                is: "the splits that move together, each with two members",
                values: "a list such as `[kong]`"),
            SettingKey(
                "steps", .list(.table("plan.steps[]"), 1...Limits.planSteps),
                is: "the candidate's weights, each above the one before",
                values: "1 to 50 mappings: `[{weight: 10, hold: 10m}]`"),
            SettingKey(
                "judge", .table("plan.judge"), is: "how sure the judge has to be",
                values: "a mapping", preset: "its presets"),
            SettingKey(
                "guards", .table("plan.guards"), is: "limits that need nothing to compare with",
                values: "a mapping", preset: "its presets"),
            SettingKey(
                "on_breach", .table("plan.on_breach"),
                is: "what a breach of the judge leads to, by class", values: "a mapping",
                preset: "its presets"),
            SettingKey(
                "require", .table("plan.require"), is: "what must be sure before a step ends",
                values: "a mapping", preset: "nothing"),
            SettingKey(
                "checklist", .list(.text, nil),
                is: "steps of `sluice upgrade` that must be done before it starts",
                values: "a list such as `[backup, migrations]`", preset: "none"),
            SettingKey(
                "smoke",
                .list(.table("splits.NAME.upgrade.smoke[]"), 0...Limits.smokeRequests),
                is: "requests that both sides must answer alike before it starts",
                values: "a list of up to 64: `[{path: /}]`", preset: "none"),
        ])

    static let planStep = KeyTable(
        owner: "a step", at: "plan.steps[]",
        keys: [
            SettingKey(
                "weight", .either([.number(0...100), .pattern(#"[0-9]{1,3}(\.[0-9]{1,2})?"#)]),
                is: "the candidate's weight of 100",
                values: "above 0, at most 100, with at most two decimals: `10`, `0.5`"),
            SettingKey(
                "hold", .duration(from: 1), is: "so long at least", values: "`1s` to `24h`"),
            SettingKey(
                "min_requests", .whole(Limits.planRequests),
                is: "so many exchanges the candidate must have ended",
                values: "`0` to `1000000000`", preset: "`0`"),
            SettingKey(
                "approve", .flag, is: "whether a person must say that it may end",
                values: "`true`, `false`", preset: "`false`"),
        ],
        example: "{weight: 10, hold: 10m}")

    static let planJudge = KeyTable(
        owner: "`judge`", at: "plan.judge",
        keys: [
            SettingKey(
                "alpha", .number(0.000_001...0.05),
                is: "the chance of a false alarm in the whole rollout",
                values: "`0.000001` to `0.05`", preset: "`0.001`"),
            SettingKey(
                "latency", .table("plan.judge.latency"),
                is: "how much slower the candidate may be, whatever allows more",
                values: "a mapping", preset: "its presets"),
        ],
        example: "{alpha: 0.001}")

    static let planAllowance = KeyTable(
        owner: "`latency` of `judge`", at: "plan.judge.latency",
        keys: [
            SettingKey(
                "factor", .number(1...100), is: "so many times as slow", values: "`1` to `100`",
                preset: "`1.25`"),
            SettingKey(
                "plus", .duration(from: 0), is: "so much slower", values: "`0s` to `24h`",
                preset: "`2ms`"),
        ],
        example: "{factor: 1.25, plus: 2ms}")

    static let planGuards = KeyTable(
        owner: "`guards`", at: "plan.guards",
        keys: [
            SettingKey(
                "error_share", .table("plan.guards.error_share"),
                is: "a share of failures that leads back", values: "a mapping", preset: "none"),
            SettingKey(
                "latency", .table("plan.guards.latency"),
                is: "a quantile of answers that pauses", values: "a mapping", preset: "none"),
            SettingKey(
                "no_usable_target", .either([.duration(from: 1), .words(["off"])]),
                is: "the candidate has had none, or answered nothing, for so long: back",
                values: "`1s` to `24h`, or `off`", preset: "`10s`"),
            SettingKey(
                "min_healthy", .whole(1...Limits.targetsOfUpstream),
                is: "so many targets of the candidate must be usable, else it pauses",
                values: "`1` to `1000`", preset: "none"),
        ],
        example: "{no_usable_target: 10s}")

    static let planErrorShare = KeyTable(
        owner: "`error_share`", at: "plan.guards.error_share",
        keys: [
            SettingKey(
                "above", .share, is: "more than this leads back",
                values: "above 0% and below 100%, such as `5%`, `0.5%`"),
            window, fewest,
        ],
        example: "{above: 5%, over: 1m}")

    static let planLatency = KeyTable(
        owner: "`latency` of `guards`", at: "plan.guards.latency",
        keys: [
            SettingKey(
                "quantile", .number(0.01...0.999), is: "which answers are looked at",
                values: "`0.01` to `0.999`", preset: "`0.95`"),
            SettingKey(
                "above", .duration(from: 1), is: "more than this pauses",
                values: "`1ms` to `24h`"),
            window, fewest,
        ],
        example: "{quantile: 0.95, above: 250ms}")

    static let planRequirement = KeyTable(
        owner: "`require`", at: "plan.require",
        keys: [
            SettingKey(
                "error_share_below", .share,
                is: "the upper 99 % bound of the candidate's error share",
                values: "a percentage such as `0.5%`", preset: "not asked"),
            SettingKey(
                "at_most_worse", .number(1.1...100),
                is: "that errors are so many times as frequent must be refuted",
                values: "`1.1` to `100`", preset: "not asked"),
            SettingKey(
                "alpha", .number(0.000_001...0.5),
                is: "the chance that this is refuted by mistake",
                values: "`0.000001` to `0.5`, with at_most_worse", preset: "`0.05`"),
        ],
        example: "{error_share_below: 0.5%}")

    static let planActions = KeyTable(
        owner: "`on_breach`", at: "plan.on_breach",
        keys: JudgedClass.allCases.map { kind in
            SettingKey(
                kind.label, .words(["rollback", "pause", "warn"]), is: kind.text,
                values: "`rollback`, `pause`, `warn`", preset: "`\(kind.defaultAction.rawValue)`")
        },
        example: "{latency: pause}")

    private static let window = SettingKey(
        "over", .duration(from: 1), is: "in a window that goes back so far",
        values: "`1s` to `10m`", preset: "`1m`")

    private static let fewest = SettingKey(
        "min_requests", .whole(1...Limits.planRequests.upperBound),
        is: "with fewer exchanges in it nothing is known", values: "`1` to `1000000000`",
        preset: "`100`")
}
