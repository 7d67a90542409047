import Admin
import Proxy
import Settings
import Splitting
import Telemetry
import Testing

/// What the answers to checks mean.
@Suite struct CheckReadingTests {
    typealias Step = CheckReading.Step

    /// `GET /status` of a Kong 3.4.1, its order of keys included.
    static func kongStatus(reachable: Bool) -> String {
        """
        {"memory":{"workers_lua_vms":[{"pid":17,"http_allocated_gc":"45.30 MiB"},\
        {"pid":18,"http_allocated_gc":"45.27 MiB"}],"lua_shared_dicts":{\
        "kong_core_db_cache":{"allocated_slabs":"0.77 MiB","capacity":"128.00 MiB"},\
        "prometheus_metrics":{"allocated_slabs":"0.04 MiB","capacity":"5.00 MiB"}}},\
        "server":{"connections_accepted":41,"connections_active":1,"connections_handled":41,\
        "connections_reading":0,"connections_waiting":0,"connections_writing":1,\
        "total_requests":38},"database":{"reachable":\(reachable)}}
        """
    }

    private static func answer(
        _ status: Int, _ body: String = "", isKong: Bool = true, isWhole: Bool = true
    ) -> ProbeOutcome {
        .answered(
            ProbeAnswer(
                status: status, isKong: isKong, body: Array(body.utf8), isWhole: isWhole))
    }

    private static let lost = "the database cannot be reached"
    private static let unconnected = "failed to connect to database"

    @Test(
        arguments: [
            (answer(200, #"{"message":"ready"}"#), .verdict(.sound)),
            (answer(404, #"{"message":"Not found"}"#), .askStatus),
            (
                answer(503, #"{"message":"failed to connect to database"}"#),
                .verdict(.degraded(unconnected))
            ),
            (
                answer(503, #"{"message":"no configuration available (empty)"}"#),
                .verdict(
                    .failed("status 503 of /status/ready: no configuration available (empty)"))
            ),
            (answer(503), .verdict(.failed("status 503 of /status/ready"))),
            (answer(503, "{"), .verdict(.failed("status 503 of /status/ready"))),
            (answer(301), .verdict(.failed("status 301 of /status/ready"))),
            (.connectFailed(.refused), .verdict(.failed("connection refused"))),
            (.timedOut(isConnected: false), .verdict(.failed("no connection in time"))),
            (.timedOut(isConnected: true), .verdict(.failed("connected, but no answer in time"))),
            (.closed, .verdict(.failed("closed without a whole answer"))),
            (.reset, .verdict(.failed("reset without a whole answer"))),
            (.broken("bad_size"), .verdict(.failed("broken answer: bad_size"))),
            (.notAsked, .nothing),
        ] as [(ProbeOutcome, Step)])
    func `Kong's readiness`(outcome: ProbeOutcome, step: Step) {
        #expect(CheckReading.kongReady(outcome) == step)
    }

    @Test(
        arguments: [
            (answer(200, kongStatus(reachable: true)), .verdict(.sound)),
            (answer(200, kongStatus(reachable: false)), .verdict(.degraded(lost))),
            (answer(200, "{}"), .verdict(.failed("the answer has no database.reachable"))),
            (
                answer(200, #"{"database":{"reachable":"true"}}"#),
                .verdict(.failed("database.reachable is not true"))
            ),
            (
                answer(200, #"{"database":true}"#),
                .verdict(.failed("the answer has no database.reachable"))
            ),
            (
                answer(200, #"{"database":{"reachable":false}}"#, isWhole: false),
                .verdict(.failed("the answer is too long to look for database.reachable"))
            ),
            (answer(404), .verdict(.failed("status 404 of /status"))),
            (.notAsked, .nothing),
        ] as [(ProbeOutcome, Step)])
    func `Kong's status`(outcome: ProbeOutcome, step: Step) {
        #expect(CheckReading.kongStatus(outcome) == step)
    }

    @Test(
        arguments: [
            (answer(200), .verdict(.sound)), (answer(404), .verdict(.sound)),
            (answer(401), .verdict(.sound)), (answer(499), .verdict(.sound)),
            (
                answer(500, "{\n  \"message\":\"An unexpected error occurred\"\n}"),
                .verdict(.degraded("status 500 of Kong: An unexpected error occurred"))
            ),
            (answer(502), .verdict(.degraded("status 502 of Kong"))),
            (
                answer(200, isKong: false),
                .verdict(.failed("status 200 without the mark of Kong"))
            ),
            (.timedOut(isConnected: true), .verdict(.failed("connected, but no answer in time"))),
        ] as [(ProbeOutcome, Step)])
    func `any answer of Kong's proxy port`(outcome: ProbeOutcome, step: Step) {
        #expect(CheckReading.kongProxy(outcome) == step)
    }

    private static let reachable = HealthSettings.JSONCondition(
        path: ["database", "reachable"], value: "true")

    @Test(
        arguments: [
            (answer(200), [200...399], nil, .verdict(.sound)),
            (answer(399), [200...399], nil, .verdict(.sound)),
            (answer(400), [200...399], nil, .verdict(.failed("status 400"))),
            (answer(404), [200...299, 404...404], nil, .verdict(.sound)),
            (answer(200, "", isWhole: false), [200...299], nil, .verdict(.sound)),
            (answer(200, kongStatus(reachable: true)), [200...299], reachable, .verdict(.sound)),
            // Whatever the check asks: without its database a Kong is degraded, not down.
            (
                answer(200, kongStatus(reachable: false)), [200...299], reachable,
                .verdict(.degraded(lost))
            ),
            (
                answer(503, #"{"message":"failed to connect to database"}"#), [200...299], nil,
                .verdict(.degraded(unconnected))
            ),
            (
                answer(200, "pong"), [200...299], reachable,
                .verdict(
                    .failed("the answer is no JSON: byte 1: expected a value, such as true"))
            ),
        ] as [(ProbeOutcome, [ClosedRange<Int>], HealthSettings.JSONCondition?, Step)])
    func `a check by request`(
        outcome: ProbeOutcome, statuses: [ClosedRange<Int>],
        json: HealthSettings.JSONCondition?, step: Step
    ) {
        let expected = HealthSettings.Expectation(statuses: statuses, json: json)
        let read = CheckReading.http(outcome, expected)
        guard case .verdict(.failed(let reason)) = step, reason.contains("no JSON") else {
            #expect(read == step)
            return
        }
        guard case .verdict(.failed(let text)) = read else {
            Issue.record("\(read)")
            return
        }
        #expect(text.hasPrefix("the answer is no JSON: byte 1: "))
    }

    @Test(
        arguments: [
            (#"{"n":3}"#, "n", "3", true), (#"{"n":3.0}"#, "n", "3", true),
            (#"{"n":3}"#, "n", "4", false), (#"{"n":"3"}"#, "n", "3", false),
            (#"{"a":{"b":[1,{"c":null}]}}"#, "a.b", #"[1, {"c": null}]"#, true),
            (#"{"s":"ok"}"#, "s", #""ok""#, true), (#"{"s":"OK"}"#, "s", #""ok""#, false),
            (#"{"s":null}"#, "s", "null", true), ("[1]", "s", "1", false),
            (#"{"a.b":1}"#, "a.b", "1", false),
        ])
    func `a condition on the answer's JSON`(
        body: String, path: String, value: String, isSound: Bool
    ) {
        let condition = HealthSettings.JSONCondition(
            path: path.split(separator: ".").map(String.init), value: value)
        let expected = HealthSettings.Expectation(statuses: [200...200], json: condition)
        let step = CheckReading.http(Self.answer(200, body), expected)
        #expect((step == .verdict(.sound)) == isSound, "\(step)")
    }

    @Test func `a bare connection`() {
        #expect(CheckReading.tcp(.connected) == .verdict(.sound))
        #expect(CheckReading.tcp(.connectFailed(.unreachable)) == .verdict(.failed("unreachable")))
        #expect(CheckReading.tcp(.notAsked) == .nothing)
    }

    @Test func `an answer full of names does not hold up the judge`() {
        let names = (0..<9_000).map { "\"\($0)\":0" }.joined(separator: ",")
        let step = CheckReading.http(
            Self.answer(200, "{\(names)}"), .init(statuses: [200...200], json: Self.reachable))
        #expect(step == .verdict(.failed("the answer has no database.reachable")))
    }
}
