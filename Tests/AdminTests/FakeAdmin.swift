import Admin
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Kernel
import NIOCore
import NIOSSL
import Settings
import Testing

/// An Admin API of Kong's for tests: lists in pages, and faults to switch on.
final class FakeAdmin: Sendable {
    enum Fault: Sendable, Equatable {
        case status(Int)
        case text(String)
        case redirect
        /// Each page leads to the same one, or each to another.
        case samePage, newPages
        case silence
        case huge
    }

    struct State {
        var node: KongNode
        /// The entities of each list, as JSON; a list that is not there is 404.
        var lists: [String: [String]] = [:]
        var faults: [String: Fault] = [:]
        var token: String?
        var mostPerPage = 1_000
        var targets: [String] = []
        var pageCount = 0
    }

    let state: Lock<State>

    init(_ version: String = "3.4.1", id: String = "node-1") {
        var state = State(node: KongNode(version: version, id: id, hostname: "kong-\(id)"))
        for kind in EntityKind.allCases { state.lists[kind.rawValue] = [] }
        self.state = Lock(state)
    }

    /// Entity number so and so, changed at a time; without a time as 2.8 has most of them.
    static func entity(_ number: Int, at time: Int?, more: String = "") -> String {
        let digits = String(number, radix: 16)
        let padded = String(repeating: "0", count: 12 - digits.count) + digits
        let stamp = time.map { ",\"updated_at\":\($0)" } ?? ""
        return "{\"id\":\"00000000-0000-4000-8000-\(padded)\"\(stamp)\(more)}"
    }

    func set(_ kind: EntityKind, _ entities: [String]) {
        state.withLock { $0.lists[kind.rawValue] = entities }
    }

    func fail(_ path: String, _ fault: Fault?) { state.withLock { $0.faults[path] = fault } }

    var requests: [String] { state.withLock { $0.targets } }

    /// Serves while `body` runs, which gets the address.
    func serve(
        tls: TLSConfiguration? = nil, _ body: @escaping @Sendable (String) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server: HTTPServerBuilder =
            try tls.map { try .tls(.http1(), tlsConfiguration: $0) } ?? .http1()
        let application = Application(
            responder: Responder(admin: self), server: server,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) })
        // It serves to the end of the tests: a server that is cancelled while somebody connects
        // ends the process.
        Task.detached { try? await application.run() }
        for await number in ports {
            try await body("\(tls == nil ? "http" : "https")://127.0.0.1:\(number)")
            break
        }
    }

    private struct Responder: HTTPResponder {
        let admin: FakeAdmin

        func respond(
            to request: Request, context: BasicRequestContext
        ) async throws -> Response {
            let token = request.headers.first { $0.name.canonicalName == "kong-admin-token" }?.value
            let fault = admin.state.withLock { state -> Fault? in
                state.targets.append(request.uri.description)
                if let wanted = state.token, token != wanted { return .status(401) }
                return state.faults[request.uri.path]
            }
            switch fault {
            case .status(let code): return Self.answer(#"{"message":"no"}"#, code)
            case .text(let text): return Self.answer(text)
            case .redirect:
                return Response(
                    status: .found, headers: [.location: "http://127.0.0.1:1/elsewhere"])
            case .silence:
                try await Task.sleep(for: .seconds(60))
                return Self.answer("{}")
            case .huge: return Self.answer(String(repeating: " ", count: 33 << 20))
            case .samePage, .newPages, nil: return Self.answer(request, admin, fault)
            }
        }

        private static func answer(
            _ request: Request, _ admin: FakeAdmin, _ fault: Fault?
        ) -> Response {
            admin.state.withLock { state in
                if request.uri.path == "/" {
                    let node = state.node
                    return answer(
                        """
                        {"version":"\(node.version)","node_id":"\(node.id)",\
                        "hostname":"\(node.hostname)","tagline":"Welcome to kong"}
                        """)
                }
                guard let list = state.lists[String(request.uri.path.dropFirst())] else {
                    return answer(#"{"message":"Not found"}"#, 404)
                }
                let query = request.uri.queryParameters
                let asked = query["size"].flatMap { Int($0) } ?? 100
                let from = query["offset"].flatMap { Int($0.dropFirst(2)) } ?? 0
                let page = list.dropFirst(from).prefix(min(asked, state.mostPerPage))
                var offset = from + page.count < list.count ? "+/\(from + page.count)" : nil
                state.pageCount += 1
                if fault == .samePage { offset = "+/0" }
                if fault == .newPages { offset = "+/\(state.pageCount)" }
                let next = offset.map { "\"next\":\"?\",\"offset\":\"\($0)\"" } ?? "\"next\":null"
                return answer("{\"data\":[\(page.joined(separator: ","))],\(next)}")
            }
        }

        private static func answer(_ text: String, _ status: Int = 200) -> Response {
            Response(
                status: .init(code: status), headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: text)))
        }
    }
}

/// What an Admin API tells, or why it cannot be read.
func read(
    _ url: String, token: String? = nil, ca: String? = nil, seconds: Int = 30
) async -> Result<AdminReading, AdminFault> {
    var times = AdminClient.Times()
    times.answerSeconds = seconds
    let access = AdminAccessSettings(url: url, tokenFile: token, ca: ca)
    return await AdminClient.read(access, isWhole: true, times: times).map { look in
        look.reading ?? AdminReading(node: look.node, inventory: EntityInventory())
    }
}

extension Result where Failure == AdminFault {
    /// The fault's text; empty when there is none.
    var faultText: String {
        guard case .failure(let fault) = self else { return "" }
        return "\(fault)"
    }
}
