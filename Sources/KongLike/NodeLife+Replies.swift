internal import Kernel
internal import NIOCore

/// From a request to its answer, and what all three ports have in common.
extension NodeLife {
    var requestsPerConnection: Int {
        shared.settings.requestsPerConnection ?? shared.version.requestsPerConnection
    }

    /// Puts answers into bytes as they are now.
    var writer: ReplyWriter {
        ReplyWriter(
            version: shared.version, showsMarks: shared.settings.showsMarks,
            via: shared.faults.withLock { $0.via }, date: date())
    }

    /// What becomes of a request whose head is here.
    enum Beginning {
        /// An answer that does not wait for the request's body.
        case answer(Reply)
        /// The body first.
        case read(Course)
    }

    /// What is to be done with a request once it is whole.
    enum Course {
        case forward(ProxyPassage)
        case administer
    }

    func begin(
        _ head: RequestHead, at door: Door, _ worker: NodeWorker, peer: String
    ) -> Beginning {
        let course: Course
        switch door {
        case .proxy:
            var passage = ProxyPassage(self, worker, head, peer: peer)
            if case .answer(let reply) = passage.verdict() { return .answer(reply) }
            course = .forward(passage)
        case .admin: course = .administer
        case .status: return .answer(status(head))
        }
        if head.framing != .none { return .read(course) }
        return .answer(reply(to: head, BodyReader(.none), course))
    }

    /// The answer to a whole request.
    func reply(to head: RequestHead, _ body: BodyReader, _ course: Course) -> Reply {
        switch course {
        case .forward(let passage): passage.forward(body)
        case .administer: admin(head, body)
        }
    }

    /// What a request gets that breaks the rules of HTTP. Kong's error handler makes it, save
    /// for the statuses that nginx answers by itself. Its words are read, not measured.
    func refusal(of fault: RequestFault) -> Reply {
        guard fault.status < 500 else {
            let title = "\(fault.status) \(Reply.reasons[fault.status] ?? "")"
            let page = """
                <html>\r
                <head><title>\(title)</title></head>\r
                <body>\r
                <center><h1>\(title)</h1></center>\r
                </body>\r
                </html>\r

                """
            var reply = Reply.text(fault.status, .server, page)
            reply.contentType = "text/html"
            return reply
        }
        return error(fault.status, fault.message, for: nil)
    }

    /// An error as Kong's templates have it, in the type that the client accepts.
    func error(
        _ status: Int, _ message: String, for head: RequestHead?, by maker: Reply.Maker = .gateway,
        fields: [(name: String, value: String)] = [], id: String? = nil
    ) -> Reply {
        let id = id ?? newRequestID()
        let form = ErrorForm(accepting: head?.value("accept") ?? head?.value("content-type"))
        var reply = Reply(
            status: form == .grpc ? 200 : status, maker: maker, fields: fields,
            contentType: form.contentType,
            body: .whole(Array(form.text(message, requestID: id).utf8)))
        if form == .grpc {
            reply.fields.append(("grpc-status", "\(ErrorForm.grpcStatus(of: status))"))
            reply.fields.append(("grpc-message", message))
        }
        reply.requestID = id
        return reply
    }

    /// nil in versions without.
    func newRequestID() -> String? {
        shared.version.hasRequestID ? random.requestID() : nil
    }
}

/// How Kong words an error, by what the client accepts. Of all but JSON the texts are read, not
/// measured.
enum ErrorForm {
    case json, html, plain, xml, grpc

    init(accepting accept: String?) {
        let accept = accept ?? "*/*"
        self =
            switch true {
            case accept.hasPrefix("application/grpc"): .grpc
            case accept.hasPrefix("text/html"): .html
            case accept.hasPrefix("text/plain"): .plain
            case accept.hasPrefix("application/xml"): .xml
            default: .json
            }
    }

    var contentType: String {
        switch self {
        case .json: "application/json; charset=utf-8"
        case .html: "text/html; charset=utf-8"
        case .plain: "text/plain; charset=utf-8"
        case .xml: "application/xml; charset=utf-8"
        case .grpc: "application/grpc"
        }
    }

    /// Versions with ids of requests name them in the body too: read in Kong's list of changes;
    /// the exact form is an assumption.
    func text(_ message: String, requestID: String?) -> String {
        switch self {
        case .json:
            if let requestID {
                "{\n  \"message\":\"\(message)\",\n  \"request_id\":\"\(requestID)\"\n}"
            } else {
                "{\n  \"message\":\"\(message)\"\n}"
            }
        case .html:
            """
            <!doctype html>
            <html>
              <head>
                <meta charset="utf-8">
                <title>Error</title>
              </head>
              <body>
                <h1>Error</h1>
                <p>\(message).</p>\(requestID.map { "\n    <p>request_id: \($0)</p>" } ?? "")
              </body>
            </html>

            """
        case .plain: message + (requestID.map { "\nrequest_id: \($0)" } ?? "") + "\n"
        case .xml:
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <error>
              <message>\(message)</message>\(Self.element(requestID))
            </error>
            """
        case .grpc: ""
        }
    }

    private static func element(_ requestID: String?) -> String {
        requestID.map { "\n  <requestid>\($0)</requestid>" } ?? ""
    }

    static func grpcStatus(of status: Int) -> Int {
        switch status {
        case 401: 16
        case 403: 7
        case 404: 12
        case 429: 8
        case 502, 503: 14
        case 504: 4
        default: 13
        }
    }
}
