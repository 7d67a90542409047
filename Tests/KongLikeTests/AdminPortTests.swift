import Addressing
import Foundation
import KongLike
import Testing

/// The Admin and the status port.
struct AdminPortTests {
    private static func node(
        _ version: KongVersion = "3.4.1", database: KongDatabase? = nil,
        _ change: (inout KongNodeSettings) -> Void = { _ in }
    ) async throws -> KongNode {
        var settings = KongNodeSettings()
        change(&settings)
        let node = KongNode(
            version: version, database: try database ?? .sample(), settings: settings)
        try await node.start()
        return node
    }

    private static func json(_ answer: Answer) throws -> JSON {
        try #require(JSON(Array(answer.body.utf8)), "\(answer.body)")
    }

    @Test(arguments: ["2.8.4", "3.4.1", "3.8.0"]) func `the root tells who it is`(
        _ version: String
    ) async throws {
        let node = try await Self.node(KongVersion(version)) { $0.cluster = "x" }
        let answer = try Client(node.adminPort).get("/")
        let names = [
            "Date", "Content-Type", "Connection", "Access-Control-Allow-Origin",
            "Content-Length", "X-Kong-Admin-Latency", "Server",
        ]
        #expect(answer.names == names && answer["Server"] == "kong/\(version)")
        let body = try Self.json(answer)
        #expect(body["version"]?.text == version && body["hostname"]?.text == "x")
        #expect(body["node_id"]?.text?.count == 36)
    }

    @Test func `lists are paged`() async throws {
        let node = try await Self.node()
        for number in 0..<25 {
            try node.database.add(.consumers, ["username": .string("c\(number)")])
        }
        let client = try Client(node.adminPort)
        var (path, names, pages) = ("/consumers?size=10", Set<String>(), 0)
        while true {
            let page = try Self.json(try client.get(path))
            let data = try #require(page["data"]?.elements)
            names.formUnion(data.compactMap { $0["username"]?.text })
            pages += 1
            #expect(data.allSatisfy { $0["updated_at"]?.int != nil && $0["id"]?.text != nil })
            guard let next = page["next"]?.text, let offset = page["offset"]?.text else { break }
            #expect(next.hasPrefix("/consumers?offset=") && !offset.isEmpty)
            path = next + "&size=10"
        }
        #expect(pages == 3 && names.count == 26)
    }

    struct Write {
        let method: String
        let path: String
        let body: String
        let status: Int
        var words = ""
    }

    static let writes = [
        Write(
            method: "POST", path: "/services", body: #"{"name":"s","url":"http://h:81/a"}"#,
            status: 201, words: #""port":81"#),
        Write(
            method: "POST", path: "/services", body: #"{"name":"s"}"#, status: 400,
            words: "schema violation (host: required field missing)"),
        Write(
            method: "POST", path: "/services", body: #"{"host":"h","colour":1}"#, status: 400,
            words: "colour: unknown field"),
        Write(
            method: "POST", path: "/services", body: #"{"name":"tiny","host":"h"}"#, status: 409,
            words: "UNIQUE violation"),
        Write(
            method: "POST", path: "/services", body: "{", status: 400,
            words: #"{"message":"Cannot parse JSON body"}"#),
        Write(
            method: "POST", path: "/services/tiny/routes", body: #"{"paths":["/new"]}"#,
            status: 201, words: #""paths":["/new"]"#),
        Write(
            method: "POST", path: "/routes", body: #"{"paths":["new"]}"#, status: 400,
            words: "should start with: /"),
        Write(
            method: "POST", path: "/routes", body: #"{"service":{"name":"none"}}"#, status: 400,
            words: "foreign key"),
        Write(
            method: "PATCH", path: "/services/tiny", body: #"{"port":82}"#, status: 200,
            words: #""port":82"#),
        Write(
            method: "PATCH", path: "/services/none", body: "{}", status: 404,
            words: #"{"message":"Not found"}"#),
        Write(
            method: "PUT", path: "/consumers/bob", body: "{}", status: 200,
            words: #""username":"bob""#),
        Write(
            method: "PUT", path: "/services/tiny", body: #"{"host":"new"}"#, status: 200,
            words: #""name":"tiny""#),
        Write(
            method: "POST", path: "/plugins", body: #"{"name":"none"}"#, status: 400,
            words: "not enabled"),
        Write(method: "DELETE", path: "/routes/closed", body: "", status: 204),
        Write(method: "DELETE", path: "/routes/none", body: "", status: 204),
        Write(
            method: "DELETE", path: "/services/tiny", body: "", status: 400, words: "references"),
        Write(
            method: "POST", path: "/schemas/services/validate", body: #"{"host":"h"}"#,
            status: 200, words: #"{"message":"schema validation successful"}"#),
        Write(
            method: "POST", path: "/schemas/plugins/validate", body: #"{"name":"none"}"#,
            status: 400, words: "not enabled"),
        Write(
            method: "POST", path: "/schemas/none/validate", body: "{}", status: 404,
            words: "No entity named 'none'"),
        Write(
            method: "GET", path: "/debug/node/log-level", body: "", status: 200,
            words: #"{"message":"log level: notice"}"#),
        Write(
            method: "PUT", path: "/debug/node/log-level/debug", body: "", status: 200,
            words: #"{"message":"log level changed"}"#),
        Write(
            method: "PUT", path: "/debug/node/log-level/loud", body: "", status: 400,
            words: "unknown log level: loud"),
        Write(
            method: "DELETE", path: "/services", body: "", status: 405,
            words: #"{"message":"Method not allowed"}"#),
        Write(
            method: "GET", path: "/none", body: "", status: 404,
            words: #"{"message":"Not found"}"#),
        Write(method: "OPTIONS", path: "/services", body: "", status: 204),
    ]

    @Test(arguments: writes) func `it answers as Kong does`(_ write: Write) async throws {
        let node = try await Self.node()
        let answer = try Client(node.adminPort).exchange(
            write.method, write.path, ["Content-Type: application/json"],
            body: write.body.isEmpty ? nil : write.body)
        #expect(answer.status == write.status, "\(answer)")
        #expect(write.words.isEmpty || answer.body.contains(write.words), "\(answer)")
        #expect(answer["Server"] == "kong/3.4.1")
    }

    @Test func `a form will do`() async throws {
        let node = try await Self.node()
        let answer = try Client(node.adminPort).exchange(
            "POST", "/routes", ["Content-Type: application/x-www-form-urlencoded"],
            body: "name=f&paths[]=%2Ff&service.name=tiny&strip_path=false")
        #expect(answer.status == 201, "\(answer)")
        #expect(node.database.all(.routes).contains { $0["paths"] == ["/f"] })
    }

    @Test func `a token may be asked for`() async throws {
        let node = try await Self.node { $0.adminToken = "t" }
        let client = try Client(node.adminPort)
        #expect(try client.get("/").status == 401)
        #expect(try client.get("/", "Kong-Admin-Token: t").status == 200)
    }

    @Test func `a change shows in one worker and not yet in the other`() async throws {
        let database = try KongDatabase.sample()
        let times = KongTimes.measured.scaled(by: 0.1)
        let x = try await Self.node(database: database) {
            ($0.cluster, $0.times, $0.seed) = ("x", times, 3)
        }
        let y = try await Self.node("3.4.2", database: database) {
            ($0.cluster, $0.times, $0.seed) = ("y", times, 4)
        }
        let body = #"{"name":"late","paths":["/late"],"service":{"name":"tiny"}}"#
        let answer = try Client(x.adminPort).exchange(
            "POST", "/routes", ["Content-Type: application/json"], body: body)
        #expect(answer.status == 201)
        // Both Admin APIs have it at once, the proxies later.
        #expect(try Client(y.adminPort).get("/routes/late").status == 200)
        #expect(try Client(x.proxyPort).get("/late").status == 404)
        for node in [x, y] {
            var seen: Set<[Int]> = []
            let isEverywhere = try await eventually {
                // Two new connections meet both workers.
                let both = try (0..<2).map { _ in try Client(node.proxyPort).get("/late").status }
                seen.insert(both.sorted())
                return both == [200, 200]
            }
            #expect(isEverywhere)
            #expect(node === y || seen.contains([200, 404]), "\(seen)")
        }
    }

    @Test func `without the database everything but the status fails`() async throws {
        let node = try await Self.node()
        node.database.isReachable = false
        let client = try Client(node.adminPort)
        let answer = try client.get("/services")
        #expect(answer.status == 500)
        #expect(answer.body == #"{"message":"An unexpected error occurred"}"#)
        #expect(try client.exchange("POST", "/consumers", body: "{}").status == 500)
        let status = try client.get("/status")
        #expect(status.status == 200 && status.body.contains(#""reachable":false"#))
    }

    @Test func `the status has its size, and its parts in any order`() async throws {
        let node = try await Self.node()
        let client = try Client(node.statusPort)
        var orders: Set<String> = []
        for _ in 0..<50 {
            let answer = try client.get("/status")
            #expect(answer.status == 200 && (1_100...1_200).contains(answer.body.utf8.count))
            let body = try Self.json(answer)
            #expect(body["database"]?["reachable"] == true && body["memory"] != nil)
            #expect(body["server"]?["total_requests"]?.int == 0)
            orders.insert(String(answer.body.prefix(5)))
        }
        #expect(orders.count == 3)
        #expect(try client.exchange("POST", "/status").status == 405)
    }

    @Test func `readiness follows the database a second later, at both clusters`()
        async throws
    {
        let database = try KongDatabase.sample()
        let x = try await Self.node(database: database)
        let y = try await Self.node("3.8.0", database: database)
        let old = try await Self.node("2.8.4", database: database)
        let clients = try [x, y].map { try Client($0.statusPort) }
        for client in clients {
            let answer = try client.get("/status/ready")
            #expect(answer.status == 200 && answer.body == #"{"message":"ready"}"#)
        }
        let none = try Client(old.statusPort).get("/status/ready")
        #expect(none.status == 404 && none.body == #"{"message":"Not found"}"#)
        let lost = ContinuousClock.now
        database.isReachable = false
        for client in clients {
            let isOff = try await eventually { try client.get("/status/ready").status == 503 }
            #expect(isOff && ContinuousClock.now - lost >= .seconds(1))
            #expect(
                try client.get("/status/ready").body
                    == #"{"message":"failed to connect to database"}"#)
        }
        for node in [x, y] { #expect(try Client(node.proxyPort).get("/api").status == 200) }
        database.isReachable = true
        for client in clients { #expect(try client.get("/status/ready").status == 200) }
        x.faults.isDatabaseUnreachable = true
        #expect(try clients[0].get("/status/ready").status == 503)
        #expect(try clients[1].get("/status/ready").status == 200)
    }

    struct Forwarding {
        let trusted: Bool
        let header: KongNodeSettings.RealIPHeader
        let expected: [String: String]
    }

    static let forwardings = [
        Forwarding(
            trusted: false, header: .xRealIP,
            expected: [
                "X-Forwarded-For": "1.2.3.4, 127.0.0.1", "X-Forwarded-Proto": "http",
                "X-Forwarded-Host": "kong", "X-Real-IP": "127.0.0.1",
            ]),
        Forwarding(
            trusted: true, header: .xRealIP,
            expected: [
                "X-Forwarded-For": "1.2.3.4, 127.0.0.1", "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": "api.example", "X-Forwarded-Port": "443",
                "X-Real-IP": "5.6.7.8",
            ]),
        Forwarding(
            trusted: true, header: .xForwardedFor,
            expected: ["X-Forwarded-For": "1.2.3.4, 127.0.0.1", "X-Real-IP": "1.2.3.4"]),
    ]

    @Test(arguments: forwardings) func `forwarding fields are believed of trusted peers only`(
        _ forwarding: Forwarding
    ) async throws {
        let node = try await Self.node {
            $0.realIPHeader = forwarding.header
            if forwarding.trusted {
                $0.trustedIPs = [CIDR(around: IPAddress(ipv4: 0x7f00_0000), prefix: 104)]
            }
        }
        let answer = try Client(node.proxyPort).get(
            "/api?echo", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https",
            "X-Forwarded-Host: api.example", "X-Forwarded-Port: 443", "X-Real-IP: 5.6.7.8",
            "Via: 1.1 sluice", "Forwarded: for=1.2.3.4", "under_score: kept")
        let fields = try #require(try Self.json(answer)["fields"]?.elements)
        func value(_ name: String) -> [String] {
            fields.compactMap { field in
                let pair = field.elements?.compactMap(\.text) ?? []
                return pair.count == 2 && pair[0] == name ? pair[1] : nil
            }
        }
        for (name, expected) in forwarding.expected { #expect(value(name) == [expected]) }
        #expect(value("Via") == ["1.1 sluice"] && value("Forwarded") == ["for=1.2.3.4"])
        #expect(value("under_score") == ["kept"])
    }
}
