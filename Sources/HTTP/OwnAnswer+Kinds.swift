extension OwnAnswer {
    /// The request's head or body did not arrive in time.
    package static var requestTimeout: OwnAnswer {
        OwnAnswer(
            status: 408, kind: "request_timeout", message: "The request did not arrive in time.")
    }

    /// A plain request came where TLS is spoken.
    package static var plainOnTLS: OwnAnswer {
        OwnAnswer(
            status: 400, kind: "plain_http",
            message: "This port speaks HTTPS, and the request came as plain HTTP.")
    }

    /// A handshake of TLS came where plain HTTP is spoken.
    package static var handshakeOnPlain: OwnAnswer {
        OwnAnswer(
            status: 400, kind: "tls_on_plain_port",
            message: "This port speaks plain HTTP, and a handshake of TLS came.")
    }

    /// The request's body is larger than is allowed.
    package static var bodyTooLarge: OwnAnswer {
        OwnAnswer(status: 413, kind: "body_too_large", message: "The request body is too large.")
    }

    /// Nobody may write to the Admin API behind the listener.
    package static var frozen: OwnAnswer {
        OwnAnswer(
            status: 423, kind: "frozen",
            message: "The Admin API is frozen for an upgrade: it can only be read.",
            isLikeKong: true)
    }

    /// No target of any usable upstream could be connected to.
    package static var connectFailed: OwnAnswer {
        OwnAnswer(
            status: 502, kind: "connect_failed", message: "No upstream could be connected to.")
    }

    /// The upstream closed or reset the connection before it answered.
    package static var upstreamClosed: OwnAnswer {
        OwnAnswer(
            status: 502, kind: "upstream_closed",
            message: "The upstream closed the connection before it answered.")
    }

    /// The upstream's answer breaks the rules of HTTP/2.
    package static var streamInvalid: OwnAnswer {
        OwnAnswer(
            status: 502, kind: "http2_invalid",
            message: "The upstream's answer breaks the rules of HTTP/2.")
    }

    /// The request asks for a change of protocol that the upstream does not offer in HTTP/2.
    package static var upgradeNotTaken: OwnAnswer {
        OwnAnswer(
            status: 502, kind: "upgrade_not_taken",
            message: "The upstream speaks HTTP/2, and changes to no other protocol there.")
    }

    /// The request's head has something that HTTP/2 cannot say.
    package static var requestNotTaken: OwnAnswer {
        OwnAnswer(
            status: 502, kind: "request_not_taken",
            message: "The upstream speaks HTTP/2, which cannot say this request.")
    }

    /// The upstream says in HTTP/2 that it takes no head as large as the request's (RFC 6585
    /// section 5).
    package static var headTooLargeForUpstream: OwnAnswer {
        OwnAnswer(
            status: 431, kind: "head_too_large_for_upstream",
            message: "The head of the request is larger than the upstream takes.")
    }

    /// The split has no upstream that may get the request.
    package static var noUpstream: OwnAnswer {
        OwnAnswer(
            status: 503, kind: "no_upstream", message: "There is no upstream for the request.")
    }

    /// A limit of connections, buffers or waiting requests is reached.
    package static var overloaded: OwnAnswer {
        OwnAnswer(
            status: 503, kind: "overloaded", message: "There are too many requests right now.")
    }

    /// The listener has as many connections as it may have.
    package static var tooManyConnections: OwnAnswer {
        OwnAnswer(
            status: 503, kind: "too_many_connections",
            message: "There are too many connections right now.")
    }

    /// The client has as many connections as one may have.
    package static var tooManyConnectionsOfClient: OwnAnswer {
        OwnAnswer(
            status: 503, kind: "too_many_connections_of_client",
            message: "There are too many connections from this address.")
    }

    /// All targets of the upstream have as much as they may get, and so has its queue.
    package static var queueFull: OwnAnswer {
        OwnAnswer(
            status: 503, kind: "queue_full",
            message: "The upstream is busy and too many requests wait for it.",
            retryAfterSeconds: 1)
    }

    /// All targets of the upstream had as much as they may get for as long as a request waits.
    package static var queueTimeout: OwnAnswer {
        OwnAnswer(
            status: 503, kind: "queue_timeout",
            message: "The upstream was busy for too long.", retryAfterSeconds: 1)
    }

    /// No connection to the upstream came about in time.
    package static var connectTimeout: OwnAnswer {
        OwnAnswer(
            status: 504, kind: "connect_timeout",
            message: "The upstream could not be connected to in time.")
    }

    /// The upstream did not answer in time.
    package static var responseTimeout: OwnAnswer {
        OwnAnswer(
            status: 504, kind: "response_timeout",
            message: "The upstream did not answer in time.")
    }

    /// The request took longer than any request may.
    package static var totalTimeout: OwnAnswer {
        OwnAnswer(
            status: 504, kind: "total_timeout",
            message: "The request was not answered within the time that one may take.")
    }
}
