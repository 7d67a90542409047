internal import AsyncHTTPClient
internal import Kernel
internal import KongLike
internal import NIOCore
internal import NIOHTTP1
internal import Proxy
internal import ServiceLifecycle

/// The first act: the ten steps of an upgrade that goes well.
struct UpgradePlay: DemoPlay {
    /// How often it waits, so that one can read.
    static let pauseCount = 14

    let clusters: UpgradeDemo.Clusters
    let stage: DemoStage

    func perform() async throws {
        try await prepare()
        try await bringUpY()
        try await shift()
        try await end()
    }

    private func prepare() async throws {
        say("== Act one: an upgrade that goes well\n")
        say("Kong X 3.4.1 serves; Kong Y 3.4.2 will be put on the same database. Sluice stands")
        say("before the proxy ports (\(try url("api"))) and before both Admin APIs.")
        step(1, "Nobody changes Kong's configuration any more")
        try await type("sluice upgrade start kong --reason \"3.4.1 to 3.4.2\"") {
            $0.startUpgrade("kong", reason: "3.4.1 to 3.4.2")
        }
        try await type("sluice freeze kong --reason \"upgrade to 3.4.2\"") {
            $0.freeze("kong", mode: "both", reason: "upgrade to 3.4.2")
        }
        try await ask(.POST, "admin-x", "/services", expecting: 423)
        say("A write is refused at both Admin APIs, reads go on, and so does all traffic.")
        try await pause()
        step(2, "The database is backed up")
        elsewhere("pg_dump kong > kong-before-3.4.2.sql")
        try await acknowledge("backup", "kong-before-3.4.2.sql")
        try await pause()
        step(3, "Somebody reads what has changed between the versions")
        say("3.4.1 to 3.4.2 differ in the last number only: Kong lets these share a database.")
        try await acknowledge("changes", "nothing that we use")
        try await pause()
        step(4, "Y is installed, with the kong.conf of X and the same database")
        say("It is not started yet.")
        try await pause()
    }

    private func bringUpY() async throws {
        step(5, "Y brings the database up; X goes on serving on it")
        elsewhere("kong migrations up     # with Y; not `finish`")
        clusters.database.migrate(to: "3.4.2")
        try await pause()
        step(6, "Y is started, and gets nothing yet")
        elsewhere("kong start             # on Y")
        try await clusters.y.start()
        try await waitUntil("y is sound") {
            let health = JSONWriter.text(await operation.statusAnswer())
            return !health.contains("\"down\"")
        }
        try await acknowledge("migrations", "up with 3.4.2; Y runs")
        try await type("sluice split kong") { $0.showSplits("kong") }
        try await pause()
        step(7, "Y is tested before users see it")
        try await type("sluice upgrade smoke") { $0.runSmoke(nil) }
        try await ask(
            .GET, "api", "/api", fields: [("X-Sluice-Upstream", "y")], expecting: 200)
        say("The pin leads to Y at weight 0: Via says kong/3.4.2.")
        try await pause()
    }

    private func shift() async throws {
        step(8, "A plan moves the traffic, and Sluice watches instead of you")
        try show(plan: plan)
        try await startRollout("3.4.1 to 3.4.2")
        try await pause()
        say("Each second it compares the errors of both sides; time and requests end a step:")
        try await waitUntil("the second step", within: 180) {
            await rollout()["step"]?.int ?? 0 >= 2
        }
        try await type("sluice split kong") { $0.showSplits("kong") }
        showLog()
        say("Meanwhile nobody else moves traffic to Y; towards X anybody may, at any time:")
        try await type("sluice split kong x=0 y=100", expecting: ExitStatus.failed) {
            $0.setWeights("kong", ["x=0", "y=100"], reason: nil, ifGeneration: nil)
        }
        say("At 95 % X still has enough to compare with: the last look before it has nothing.")
        try await waitUntil("the third step waits for a word", within: 180) {
            await rollout()["state"]?.text == "awaiting_approval"
        }
        showLog()
        try await type("sluice rollout status") { $0.rolloutStatus() }
        try await type("sluice rollout approve --reason \"both sides alike\"") {
            $0.tellRollout("approve", reason: "both sides alike")
        }
        try await waitUntil("the rollout is over", within: 180) {
            await rollout()["state"]?.text == "completed"
        }
        showLog()
        try await type("sluice split kong") { $0.showSplits("kong") }
        try await pause()
    }

    /// A lateness is shown only, as in a few seconds a machine that does much else may cause it.
    private var plan: String {
        let hold = max(1, min(stage.pauseMilliseconds / 1_000, 60))
        return """
            splits: [kong]
            steps:
              - {weight: 10, hold: \(hold)s, min_requests: 20}
              - {weight: 50, hold: \(hold)s, min_requests: 20}
              - {weight: 95, hold: \(hold)s, min_requests: 20, approve: true}
              - {weight: 100, hold: 1s}
            guards:
              error_share: {above: 5%, min_requests: 20}
              latency: {above: 5s, min_requests: 20}
            on_breach: {latency: warn}
            checklist: [backup, changes, migrations]
            smoke: [{path: /api}]

            """
    }

    private func end() async throws {
        step(9, "There is no way back: migrations are finished, X stays at 0")
        try await acknowledge("metrics", "both sides alike")
        try await waitUntil("everything before finish is done") { await isOpen("finish") }
        elsewhere("kong migrations finish # with Y")
        clusters.database.finishMigrations()
        try await type("sluice upgrade finish") { $0.finishUpgrade(nil, note: "ran with 3.4.2") }
        say("What would raise X is refused from now on:")
        try await type("sluice split kong x=10 y=90", expecting: ExitStatus.failed) {
            $0.setWeights("kong", ["x=10", "y=90"], reason: nil, ifGeneration: nil)
        }
        try await pause()
        step(10, "X is removed when nothing is in flight there; writes are free again")
        try await waitUntil("x is empty") { await inflightOnX() == 0 }
        elsewhere("kong quit              # on X")
        clusters.x.quit()
        try await waitUntil("nothing is left at x") { await isOpen("remove") }
        try await acknowledge("remove", "kong quit")
        try await type("sluice unfreeze kong --reason \"3.4.2 is in\"") {
            $0.unfreeze("kong", reason: "3.4.2 is in")
        }
        try await ask(.POST, "admin-y", "/services", expecting: 201)
        say("Y is watched for a second here, and for a day in earnest:")
        try await waitUntil("y was watched") { await state(of: "watch") == "done" }
        try await type("sluice upgrade done") { $0.endUpgrade(nil, note: "3.4.2 serves") }
        try await pause()
        let report = await operation.demoReport(of: "kong", errors: load.failureCount)
        say("\nThe upgrade is done. While it went on:\n\n\(report.table)")
        if load.failureCount > 0 { throw DemoFailure(description: "a request has failed") }
    }
}

extension UpgradePlay {
    private func step(_ number: Int, _ title: String) {
        say("\n== Step \(number) of 10: \(title)\n")
    }

    /// A person says that a step is done.
    private func acknowledge(_ step: String, _ note: String) async throws {
        try await type("sluice upgrade ack \(step) --note \"\(note)\"") {
            $0.acknowledge(step, note: note, split: nil)
        }
    }

    /// Whether a step of the list can be done now.
    private func isOpen(_ step: String) async -> Bool { await state(of: step) == "open" }

    private func state(of step: String) async -> String {
        let lists = await operation.upgradesAnswer()["upgrades"]?.elements ?? []
        let steps = lists.first?["steps"]?.elements ?? []
        return steps.first { $0["step"]?.text == step }?["state"]?.text ?? ""
    }

    private func inflightOnX() async -> Int {
        let status = await operation.statusAnswer()
        let x = (status["upstreams"]?.elements ?? []).first { $0["name"]?.text == "x" }
        return x?["inflight"]?.int ?? 0
    }

    /// One request as curl shows it.
    private func ask(
        _ method: HTTPMethod, _ listener: String, _ path: String,
        fields: [(String, String)] = [], expecting status: UInt
    ) async throws {
        let url = try url(listener) + path
        let typed = fields.map { " -H '\($0.0): \($0.1)'" }.joined()
        let data = method == .POST ? " -X POST -d name=orders -d host=127.0.0.1" : ""
        say("$ curl -i\(typed)\(data) \(url)")
        var request = HTTPClientRequest(url: url)
        request.method = method
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        if method == .POST {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: "name=orders&host=127.0.0.1"))
        }
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let body = try await answer.body.collect(upTo: 65_536)
        say("HTTP/1.1 \(answer.status.code) \(answer.status.reasonPhrase)")
        for name in ["Via", "Server", "X-Sluice-Error"] {
            for value in answer.headers[name] { say("\(name): \(value)") }
        }
        say("\n\(String(buffer: body).prefix(200))")
        guard answer.status.code == status else {
            throw DemoFailure(description: "\(url) has answered \(answer.status.code)")
        }
    }
}
