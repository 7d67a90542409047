/// Active checks of an upstream's targets.
package struct HealthSettings: Sendable, Equatable {
    /// What a check asks.
    package enum Kind: String, Sendable, Equatable, CaseIterable {
        /// A request and the status of its answer.
        case http
        /// Whether a connection can be made.
        case tcp
        /// What Kong says of itself on its status port or, without one, on its proxy port.
        case kong
    }

    /// What is expected of the answer to a check.
    package struct Expectation: Sendable, Equatable {
        /// The statuses of a sound target.
        package var statuses: [ClosedRange<Int>]
        /// A path into the answer's JSON, such as `["database", "reachable"]`, and the value that
        /// must stand there; nil: the body is not looked at.
        package var json: JSONCondition?

        /// Any status from 200 to 399, unless said.
        package init(statuses: [ClosedRange<Int>] = [200...399], json: JSONCondition? = nil) {
            self.statuses = statuses
            self.json = json
        }
    }

    /// `database.reachable == true`.
    package struct JSONCondition: Sendable, Equatable {
        /// The names from the outermost object inwards.
        package var path: [String]
        /// The value as JSON text, such as `true`, `3` or `"ok"`.
        package var value: String

        /// A condition on one value of a JSON text.
        package init(path: [String], value: String) {
            self.path = path
            self.value = value
        }
    }

    /// What is asked.
    package var kind: Kind
    /// The port that is asked; nil: the target's own.
    package var port: UInt16?
    /// The request's target and method, for `http`.
    package var path: String
    package var method: String
    /// From the begin of one check to the begin of the next, and how long one may take.
    package var intervalMilliseconds: Int
    package var timeoutMilliseconds: Int
    /// So many checks in a row change a target's state: to sound, and to down.
    package var rise: Int
    package var fall: Int
    /// What a sound target answers, for `http`.
    package var expect: Expectation

    /// The presets, except for what is said.
    package init(
        kind: Kind,
        port: UInt16? = nil,
        path: String = "/",
        method: String = "GET",
        intervalMilliseconds: Int = 5_000,
        timeoutMilliseconds: Int = 2_000,
        rise: Int = 2,
        fall: Int = 3,
        expect: Expectation = Expectation()
    ) {
        self.kind = kind
        self.port = port
        self.path = path
        self.method = method
        self.intervalMilliseconds = intervalMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
        self.rise = rise
        self.fall = fall
        self.expect = expect
    }
}

/// When a target is passed over for what its traffic shows.
package struct EjectionSettings: Sendable, Equatable {
    /// So many failures in a row eject a target: connects, timeouts, and 5xx of the gateway's own.
    package var consecutive: Int
    /// The first ejection lasts so long, the second twice as long, and so on.
    package var baseMilliseconds: Int
    /// At most so many of an upstream's targets are ejected at once, in percent.
    package var maxSharePercent: Int

    /// The presets, except for what is said.
    package init(
        consecutive: Int = 5, baseMilliseconds: Int = 30_000, maxSharePercent: Int = 50
    ) {
        self.consecutive = consecutive
        self.baseMilliseconds = baseMilliseconds
        self.maxSharePercent = maxSharePercent
    }
}
