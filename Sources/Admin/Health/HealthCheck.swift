package import Kernel
package import Proxy
package import Settings
package import Splitting

/// One check of one target: what is asked, and once more if the answer asks for it.
package struct HealthCheck: Sendable {
    private let settings: HealthSettings
    private let address: SocketAddress
    private let host: String
    /// Whose target it is and how the settings write it, where its TLS is spoken; nil: elsewhere.
    private let upstream: String?
    private let setting: String
    private let preamble: [UInt8]

    /// `setting` is the target as the settings give it, by name or by address; `proxyHeader` is
    /// what its connections begin with. Another port than the target's own is another service,
    /// such as Kong's status, which speaks plainly and without a header.
    package init(
        _ settings: HealthSettings, of address: SocketAddress, setting: String,
        upstream: String? = nil, proxyHeader: ProxyHeaderVersion? = nil
    ) {
        self.settings = settings
        let isOwnPort = settings.port.map { $0 == address.port } ?? true
        self.upstream = isOwnPort ? upstream : nil
        self.setting = setting
        preamble = isOwnPort ? Probe.preamble(proxyHeader) : []
        let port = settings.port ?? address.port
        self.address = address.with(port: port)
        // `*` is no host that anybody could be asked for.
        let given = setting.hasPrefix("*") ? address.description : setting
        let name = given.lastIndex(of: ":").map { given[..<$0] } ?? given[...]
        host = "\(name):\(port)"
    }

    /// What it comes to; nil when the target could not be asked. `ask` sends a probe.
    package func verdict(
        _ ask: @Sendable (Probe) async -> ProbeOutcome
    ) async -> CheckVerdict? {
        let began = Instant.now()
        var step = CheckReading.Step.nothing
        switch settings.kind {
        case .tcp:
            step = CheckReading.tcp(await ask(probe(.connection, since: began)))
        case .http:
            let request = request(settings.method, settings.path)
            step = CheckReading.http(await ask(probe(request, since: began)), settings.expect)
        case .kong where settings.port == nil:
            let request = request(settings.method, settings.path)
            step = CheckReading.kongProxy(await ask(probe(request, since: began)))
        case .kong:
            let ready = probe(request("GET", "/status/ready"), since: began)
            step = CheckReading.kongReady(await ask(ready))
            if step == .askStatus {
                let status = probe(request("GET", "/status"), since: began)
                step = CheckReading.kongStatus(await ask(status))
            }
        }
        if case .verdict(let verdict) = step { return verdict }
        return nil
    }

    /// Both questions of a check share its time.
    private func probe(_ question: Probe.Question, since began: Instant) -> Probe {
        let spent = Int(Instant.now().since(began) / 1_000_000)
        return Probe(
            address: address, question: question,
            timeoutMilliseconds: max(1, settings.timeoutMilliseconds - spent),
            upstream: upstream, setting: setting, preamble: preamble)
    }

    private func request(_ method: String, _ path: String) -> Probe.Question {
        let text = """
            \(Self.visible(method)) \(Self.visible(path)) HTTP/1.1\r
            Host: \(host)\r
            User-Agent: sluice-health\r
            Accept: */*\r
            Connection: close\r
            \r

            """
        return .request(Array(text.utf8), isHead: method == "HEAD")
    }

    /// Nothing in a request line may end it.
    private static func visible(_ text: String) -> String {
        var shown = ""
        for byte in text.utf8 {
            if (0x21...0x7e).contains(byte) {
                shown.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                shown += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return shown
    }
}
