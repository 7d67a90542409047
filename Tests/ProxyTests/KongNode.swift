import Kernel

/// A node that answers as Kong 3.4 does, on its proxy port and on its status port.
final class KongNode: Sendable {
    struct Mood {
        var hasDatabase = true
        /// A Kong before 3.3 has none.
        var hasReadiness = true
        /// Its workers are stopped: connections are accepted by the system, and that is all.
        var isFrozen = false
        /// What the status port says instead of everything else.
        var status: String?
    }

    let name: String
    let proxy: Origin
    let statusPort: Origin
    private let state: Lock<Mood>
    private let asked: Lock<[String]>

    init(_ name: String) throws {
        let (state, asked) = (Lock(Mood()), Lock<[String]>([]))
        (self.name, self.state, self.asked) = (name, state, asked)
        proxy = try Origin { peer, _ in
            while peer.message(.request) != nil {
                guard Self.isAwake(state, peer) else { return }
                peer.send(Self.proxied(name))
            }
        }
        statusPort = try Origin { peer, _ in
            while let request = peer.message(.request) {
                guard Self.isAwake(state, peer) else { return }
                asked.withLock { $0.append(request.target) }
                peer.send(Self.answer(request.target, state.withLock { $0 }))
            }
        }
    }

    func set(_ change: (inout Mood) -> Void) { state.withLock(change) }

    /// What the status port was asked for so far.
    var questions: [String] { asked.withLock { $0 } }

    func stop() {
        proxy.stop()
        statusPort.stop()
    }

    /// A frozen node keeps its connections and says nothing until they are closed.
    private static func isAwake(_ state: Lock<Mood>, _ peer: Peer) -> Bool {
        guard state.withLock({ $0.isFrozen }) else { return true }
        peer.receiveAll()
        return false
    }

    private static func proxied(_ name: String) -> String {
        """
        HTTP/1.1 200 OK\r
        Content-Type: text/plain; charset=UTF-8\r
        Content-Length: \(name.utf8.count)\r
        Connection: keep-alive\r
        Server: tiny-backend/1\r
        X-Kong-Upstream-Latency: 0\r
        X-Kong-Proxy-Latency: 1\r
        Via: kong/3.4.1\r
        \r
        \(name)
        """
    }

    private static func answer(_ target: String, _ mood: Mood) -> String {
        if let status = mood.status { return status }
        switch target {
        case "/status/ready" where mood.hasReadiness && mood.hasDatabase:
            return own("200 OK", #"{"message":"ready"}"#)
        case "/status/ready" where mood.hasReadiness:
            return own("503 Service Temporarily Unavailable", noDatabase)
        case "/status":
            return own("200 OK", status(reachable: mood.hasDatabase))
        default:
            return own("404 Not Found", #"{"message":"Not found"}"#)
        }
    }

    private static let noDatabase = #"{"message":"failed to connect to database"}"#

    private static func status(reachable: Bool) -> String {
        #"{"server":{"total_requests":38},"database":{"reachable":\#(reachable)},"memory":{}}"#
    }

    static func own(_ status: String, _ body: String) -> String {
        """
        HTTP/1.1 \(status)\r
        Content-Type: application/json; charset=utf-8\r
        Connection: keep-alive\r
        Access-Control-Allow-Origin: *\r
        Content-Length: \(body.utf8.count)\r
        X-Kong-Admin-Latency: 3\r
        Server: kong/3.4.1\r
        \r
        \(body)
        """
    }
}
