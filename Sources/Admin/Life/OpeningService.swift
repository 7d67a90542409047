internal import Logging
internal import Proxy
internal import ServiceLifecycle
internal import Telemetry

/// Says which connections did not get over what comes before their first bytes, and why.
struct OpeningService: Service {
    let plane: DataPlane
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await report in plane.openingReports() {
                // What clients do is worth knowing; what targets do, somebody has to look at.
                switch report.place {
                case .listener: logger.notice("\(Self.text(report))")
                case .upstream: logger.warning("\(Self.text(report))")
                }
            }
        }
    }

    static func text(_ report: OpeningReport) -> String {
        let reason = report.reason.isEmpty ? "" : ": \(report.reason)"
        let more =
            report.untold > 0 ? "; \(report.untold) others like it before are not told of" : ""
        switch report.place {
        case .listener(let name, let client):
            return "listener \(name): \(deed(of: client, report.fault))\(reason)\(more)"
        case .upstream(let name, let target):
            return "upstream \(name): TLS handshake with \(target) failed, "
                + "\(words(report.fault))\(reason)\(more)"
        }
    }

    private static func deed(of client: String, _ fault: OpeningFault) -> String {
        switch fault {
        case .handshake(.plainHTTP):
            "\(client) sent a plain request where TLS is spoken (plain_http)"
        case .handshake(.notExpected):
            "\(client) began TLS where plain HTTP is spoken (tls_on_plain_port)"
        case .handshake: "TLS handshake of \(client) failed, \(words(fault))"
        case .proxyHeader: "PROXY header of \(client) refused, \(words(fault))"
        case .clientHello: "the name that \(client) asks for cannot be read, \(words(fault))"
        }
    }

    /// In words, and as metrics call it.
    private static func words(_ fault: OpeningFault) -> String {
        switch fault {
        case .handshake(let failure): "\(words(failure)) (\(failure.label))"
        case .proxyHeader(let refusal): "\(words(refusal)) (\(refusal.label))"
        case .clientHello(let result): "\(words(result)) (\(result.label))"
        }
    }

    private static func words(_ failure: HandshakeFailure) -> String {
        switch failure {
        case .closed: "the connection ended in the middle"
        case .timeout: "it was not over in time"
        case .garbage: "what came breaks the rules of TLS"
        case .plainHTTP: "plain HTTP came"
        case .notExpected: "TLS is not spoken here"
        case .version: "no version in common"
        case .cipher: "no cipher, group or signature in common"
        case .applicationProtocol: "it offers only protocols that are not spoken here"
        case .unknownName: "no certificate is for the name that it asks for"
        case .certificateMissing: "no certificate was shown"
        case .verification: "the certificate cannot be trusted"
        case .alert: "the other side refused"
        case .other: "for another reason"
        }
    }

    private static func words(_ refusal: ProxyHeaderRefusal) -> String {
        switch refusal {
        case .untrusted: "it is not one of trusted_proxies"
        case .missing: "the first bytes are none"
        case .malformed: "it breaks its rules"
        case .tooLong: "it is too long"
        case .unsupported: "its version, command or family is not supported"
        case .badChecksum: "its checksum is that of other bytes"
        case .timeout: "it was not whole in time"
        case .closed: "the connection ended in the middle"
        }
    }

    private static func words(_ result: ClientHelloResult) -> String {
        switch result {
        case .named, .unnamed: "it can"
        case .notTLS: "the first bytes are not TLS"
        case .malformed: "the first message breaks its rules"
        case .tooLarge: "the first message is too large"
        case .timeout: "the first message was not whole in time"
        case .closed: "the connection ended in the middle"
        }
    }
}
