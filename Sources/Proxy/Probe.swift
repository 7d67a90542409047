internal import Bytes
internal import HTTP
package import Kernel
package import Settings
internal import TLS
package import Telemetry

/// One question to a target about its health, on a connection of its own.
package struct Probe: Sendable {
    /// What is asked.
    package enum Question: Sendable {
        /// Whether a connection can be made.
        case connection
        /// A whole request, as it goes out; `isHead`: its method is HEAD.
        case request([UInt8], isHead: Bool)
    }

    /// Who is asked, what, and how long the whole answer may take.
    package let address: SocketAddress
    package let question: Question
    package let timeoutMilliseconds: Int
    /// Whose target it is, where the check speaks TLS if the upstream does, and how the settings
    /// write its address.
    package let upstream: String?
    package let setting: String
    /// What the connection begins with, before anything is asked.
    package let preamble: [UInt8]
    /// The TLS that it speaks, nil for none, and the HTTP.
    var tls: TLSClient?
    var version = UpstreamVersion.http1
    var serverName = ServerName.none

    package init(
        address: SocketAddress, question: Question, timeoutMilliseconds: Int,
        upstream: String? = nil, setting: String = "", preamble: [UInt8] = []
    ) {
        self.preamble = preamble
        self.address = address
        self.question = question
        self.timeoutMilliseconds = timeoutMilliseconds
        self.upstream = upstream
        self.setting = setting
    }
}

extension Probe {
    /// What a probe's connection begins with where the target wants a header of the PROXY protocol:
    /// one that speaks for nobody.
    package static func preamble(_ version: ProxyHeaderVersion?) -> [UInt8] {
        var buffer = Buffer(capacity: ProxyHeaderEncoder.mostBytes)
        switch version {
        case .v1: ProxyHeaderEncoder.appendText(nil, to: &buffer)
        case .v2: ProxyHeaderEncoder.appendBinary(nil, facts: [UInt8]().span, to: &buffer)
        case nil: return []
        }
        var bytes: [UInt8] = []
        for index in 0..<buffer.count { bytes.append(buffer.bytes[index]) }
        return bytes
    }
}

/// What came of a probe.
package enum ProbeOutcome: Sendable, Equatable {
    /// The connection was made, and nothing more was asked.
    case connected
    case answered(ProbeAnswer)
    /// Why there is no answer.
    case connectFailed(ConnectResult)
    case timedOut(isConnected: Bool)
    case closed, reset
    /// The answer breaks the rules; the stable word for how.
    case broken(String)
    /// We had no descriptor or no worker for it: that says nothing about the target.
    case notAsked
}

/// The answer to a probe.
package struct ProbeAnswer: Sendable, Equatable {
    /// Its status, whether it bears the mark of Kong, and its body as far as it was read.
    package let status: Int
    package let isKong: Bool
    package let body: [UInt8]
    /// Whether that is the whole body: what is longer than 64 KiB is not read to its end.
    package let isWhole: Bool

    package init(status: Int, isKong: Bool, body: [UInt8], isWhole: Bool) {
        self.status = status
        self.isKong = isKong
        self.body = body
        self.isWhole = isWhole
    }
}

/// A probe that a worker has under way.
struct ProbeState {
    let question: Probe.Question
    let reply: @Sendable (ProbeOutcome) -> Void
    let tls: TLSClient?
    let version: UpstreamVersion
    let serverName: ServerName
    let preamble: [UInt8]
    /// The answer's head, when it is here.
    var status = 0
    var isKong = false
    var body: [UInt8] = []
    /// How many bytes came, the head and all framing included.
    var received = 0

    var isHead: Bool {
        if case .request(_, let isHead) = question { isHead } else { false }
    }
}
