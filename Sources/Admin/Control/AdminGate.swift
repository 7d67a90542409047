internal import Addressing
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import Settings

/// Who may come in at the admin address: looks at each request before anything else does.
///
/// What is open to everybody: the names in `open`, which scrapers and orchestrators ask for under
/// names of their own, and the page's files, which hold no secret.
final class AdminGate: Sendable {
    /// Who shows a token.
    struct Holder: Sendable {
        let name: String
        let role: TokenRole
    }

    /// Who asks for what this task does; nil without a right token.
    @TaskLocal static var holder: Holder?

    /// Whatever the Host: what a page of somebody else's could read there by a name that it has
    /// pointed at this address (DNS rebinding) are counts.
    private static let open: Set = ["/metrics", "/healthz", "/readyz"]

    private let tokens: AdminTokens
    private let rules: Lock<AdminRules>
    private let failures = Lock(TokenFailures())

    init(tokens: AdminTokens, rules: AdminRules = AdminRules()) {
        self.tokens = tokens
        self.rules = Lock(rules)
    }

    /// Takes on what a snapshot says.
    func adopt(_ rules: AdminRules) { self.rules.withLock { $0 = rules } }

    /// Lets a request in, and says who has sent it, or says why not.
    func check(_ request: Request, from address: String?) throws(Turned) -> Holder? {
        let rules = rules.withLock { $0 }
        let path = request.uri.path
        let isReading = request.method == .get || request.method == .head
        // The first one has become the authority; what is here is a second one.
        if Self.field("Host", of: request) != nil {
            throw Turned(400, "there are several Host fields; expected one")
        }
        if Self.open.contains(path), isReading { return nil }
        try checkHost(request, rules)
        if !isReading { try checkOrigin(request) }
        let isAsset = path == "/" || path.hasPrefix("/dashboard/")
        let wantsToken = !isReading || path == "/v1/access" || (!rules.isReadable && !isAsset)
        guard wantsToken else { return nil }
        let shown = request.headers[.authorization]
        if shown == nil, isReading, rules.isReadable { return nil }
        // Without tokens nobody is asked for one: the answer says that nothing changes here.
        if tokens.isEmpty, rules.isReadable { return nil }
        let holder = try holder(shown, from: address ?? "", isReading: isReading)
        if !isReading {
            guard holder.role == .write else {
                tokens.countRefusal()
                throw Turned(403, "the token \(holder.name) may only read")
            }
            try checkBody(request)
        }
        return holder
    }

    /// Why a request is turned away.
    struct Turned: Error {
        let status: Int
        let message: String
        var retryAfterSeconds: Int?

        init(_ status: Int, _ message: String, retryAfterSeconds: Int? = nil) {
            self.status = status
            self.message = message
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    private func holder(
        _ shown: String?, from address: String, isReading: Bool
    ) throws(Turned) -> Holder {
        let now = Instant.now()
        guard let shown else {
            tokens.countRefusal(ofReading: isReading)
            throw Turned(
                401,
                isReading
                    ? "nobody reads here without a token; expected Authorization: Bearer TOKEN"
                    : "read-only without a token; expected Authorization: Bearer TOKEN")
        }
        if let seconds = failures.withLock({ $0.secondsToWait(address, now) }) {
            tokens.countRefusal(ofReading: isReading)
            throw Turned(
                429, "too many wrong tokens from \(address); expected none for \(seconds) s",
                retryAfterSeconds: seconds)
        }
        guard let found = tokens.holder(shownBy: shown) else {
            tokens.countRefusal(ofReading: isReading)
            failures.withLock { $0.note(address, now) }
            throw Turned(401, "nobody has this token; expected Authorization: Bearer TOKEN")
        }
        return found
    }

    private func checkHost(_ request: Request, _ rules: AdminRules) throws(Turned) {
        // Browsers always send one; who sends none has not been led here by a name.
        guard let host = request.head.authority, !host.isEmpty else { return }
        guard rules.isOwn(host: host) else {
            throw Turned(
                421,
                "\(host.debugDescription) is no name of this address; expected an IP address, "
                    + "localhost, the name in admin.address, or one of admin.hosts")
        }
    }

    /// A page of another origin cannot send a token of its own accord; this is the second lock.
    private func checkOrigin(_ request: Request) throws(Turned) {
        if let origin = Self.field("Origin", of: request) {
            let host = request.head.authority ?? ""
            guard ["http://\(host)", "https://\(host)"].contains(origin.lowercased()) else {
                throw Turned(403, "the request comes from \(origin.debugDescription)")
            }
        }
        if let site = Self.field("Sec-Fetch-Site", of: request) {
            guard ["same-origin", "none"].contains(site) else {
                throw Turned(403, "the request comes from another site (\(site))")
            }
        }
    }

    /// What a form can send is no JSON.
    private func checkBody(_ request: Request) throws(Turned) {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        let hasBody = length.map { $0 > 0 } ?? (request.headers[.transferEncoding] != nil)
        let type = request.headers[.contentType]
        guard hasBody || type != nil else { return }
        let essence = type?.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard essence == "application/json" else {
            throw Turned(
                415,
                "Content-Type is \((type ?? "missing").debugDescription); expected "
                    + "application/json")
        }
    }

    private static func field(_ name: String, of request: Request) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }
}

/// Asks the gate, and lets the work for the request know who has sent it.
struct GateMiddleware: RouterMiddleware {
    let gate: AdminGate

    func handle(
        _ request: Request, context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        let holder: AdminGate.Holder?
        do throws(AdminGate.Turned) {
            holder = try gate.check(request, from: context.address)
        } catch {
            var answer = ControlServer.response(
                .refusal(Refusal(status: error.status, message: error.message)), request)
            if let seconds = error.retryAfterSeconds {
                answer.headers[.retryAfter] = "\(seconds)"
            }
            return answer
        }
        let caller =
            holder.flatMap { $0.role == .write ? Caller.token($0.name) : nil } ?? .stranger
        return try await Caller.$current.withValue(caller) {
            try await AdminGate.$holder.withValue(holder) { try await next(request, context) }
        }
    }
}

/// Tells browsers how to treat an answer, whoever has made it.
struct BrowserMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        var answer = try await next(request, context)
        for (name, value) in ControlServer.browserFields { answer.headers[name] = value }
        return answer
    }
}
