/// Whether a proxy is well, for those who watch over it without curl.
extension SocketCommands {
    /// `sluice health`: what `/healthz` says, or, of whether clients may come, `/readyz`.
    package func health(ofReadiness: Bool) -> Int32 {
        ask("GET", ofReadiness ? "/readyz" : "/healthz") { reply in
            let text = VisibleText.lines(String(decoding: reply.body, as: UTF8.self))
            guard reply.status == 200 else {
                return refuse(text.isEmpty ? "status \(reply.status)" : text)
            }
            return ExitStatus.printing(text.hasSuffix("\n") ? text : text + "\n")
        }
    }
}
