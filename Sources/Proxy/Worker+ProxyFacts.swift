internal import Bytes
internal import HTTP
internal import Settings
internal import TLS

/// What a header of the PROXY protocol tells a target besides the two ends of the connection.
extension Worker {
    /// Puts the header for an exchange's client into `scratch`.
    mutating func writeProxyHeader(_ exchange: Int) {
        let ends = ends(ofClient: exchanges[exchange].downstream)
        scratch.removeAll()
        switch upstreams[exchanges[exchange].upstream].proxyHeader {
        case .v2:
            var facts = takeBuffer()
            writeFacts(of: exchange, to: &facts)
            Self.appendBinary(ends, facts, to: &scratch)
            giveBack(facts)
        case .v1:
            ProxyHeaderEncoder.appendText(ends, to: &scratch)
        case nil:
            break
        }
    }

    private static func appendBinary(
        _ ends: ProxyHeader.Ends?, _ facts: borrowing Buffer, to buffer: inout Buffer
    ) {
        ProxyHeaderEncoder.appendBinary(ends, facts: facts.bytes, to: &buffer)
    }

    /// What is told besides: the name that a TLS client asks for, and the TLS that ended here.
    private mutating func writeFacts(of exchange: Int, to facts: inout Buffer) {
        let client = transport(of: exchanges[exchange].downstream)
        if exchanges[exchange].isTCP {
            readNameAgain(exchange)
        } else {
            readNameOfSession(client)
        }
        Self.append(ProxyFact.authority, serverName, to: &facts)
        guard let session = connections[client].tls.take() else { return }
        var word = takeBuffer()
        var inner = takeBuffer()
        session.appendProtocol(to: &word)
        Self.take(ProxyFact.alpn, &word, to: &facts)
        Self.append(factsOf: session, &word, to: &inner)
        var certificate = ProxyFact.ClientCertificate.none
        // One that was not good has ended the handshake.
        if session.hasPeerCertificate {
            certificate = session.isResumed ? .shownEarlier : .shown
        }
        Self.appendTLS(certificate, inner, to: &facts)
        giveBack(word)
        giveBack(inner)
        connections[client].tls = consume session
    }

    /// In the order of their numbers.
    private static func append(
        factsOf session: borrowing TLSSession, _ word: inout Buffer, to facts: inout Buffer
    ) {
        word.append(session.version.label)
        take(ProxyFact.version, &word, to: &facts)
        session.appendPeerName(to: &word)
        take(ProxyFact.commonName, &word, to: &facts)
        session.appendCipherName(to: &word)
        take(ProxyFact.cipher, &word, to: &facts)
        session.appendSignature(to: &word)
        take(ProxyFact.signature, &word, to: &facts)
        session.appendKeyKind(to: &word)
        take(ProxyFact.keyKind, &word, to: &facts)
    }

    private static func take(_ type: UInt8, _ word: inout Buffer, to facts: inout Buffer) {
        append(type, word, to: &facts)
        word.removeAll()
    }

    private static func append(
        _ type: UInt8, _ word: borrowing Buffer, to facts: inout Buffer
    ) {
        ProxyFact.append(type, word.bytes, to: &facts)
    }

    private static func appendTLS(
        _ certificate: ProxyFact.ClientCertificate, _ inner: borrowing Buffer,
        to facts: inout Buffer
    ) {
        ProxyFact.appendTLS(certificate, facts: inner.bytes, to: &facts)
    }
}
