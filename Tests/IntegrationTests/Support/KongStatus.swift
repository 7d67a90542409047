import Kernel

/// The status port of a Kong 3.4, with or without a database behind.
final class KongStatus: Sendable {
    private let hasDatabase: Lock<Bool>
    private let server: ScriptedUpstream

    init() throws {
        let hasDatabase = Lock(true)
        self.hasDatabase = hasDatabase
        server = try ScriptedUpstream(answering: { request in
            Self.answer(request.target, hasDatabase: hasDatabase.withLock { $0 })
        })
    }

    var port: UInt16 { server.port }

    func setDatabase(reachable: Bool) { hasDatabase.withLock { $0 = reachable } }

    private static func answer(_ target: String, hasDatabase: Bool) -> String {
        guard target == "/status/ready" else {
            return message("404 Not Found", #"{"message":"Not found"}"#)
        }
        return hasDatabase
            ? message("200 OK", #"{"message":"ready"}"#)
            : message(
                "503 Service Temporarily Unavailable",
                #"{"message":"failed to connect to database"}"#)
    }

    private static func message(_ status: String, _ body: String) -> String {
        """
        HTTP/1.1 \(status)\r
        Content-Type: application/json; charset=utf-8\r
        Connection: keep-alive\r
        Content-Length: \(body.utf8.count)\r
        X-Kong-Admin-Latency: 4\r
        Server: kong/3.4.1\r
        \r
        \(body)
        """
    }
}
