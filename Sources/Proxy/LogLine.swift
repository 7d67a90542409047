internal import Addressing
internal import Bytes
internal import HTTP
internal import Kernel
internal import Settings
internal import Telemetry

/// Writes lines of the access log. `texts` are the bytes that the pieces of the facts lie in.
enum LogLine {
    /// How much space a line needs at most, in bytes.
    static func space(textCount: Int, _ names: borrowing LogNames) -> Int {
        LogText.mostBytesPerByte * textCount + names.mostBytes + 1_024
    }

    /// Appends one line.
    static func append(
        _ facts: LogFacts, _ texts: Span<UInt8>, _ names: borrowing LogNames,
        as format: AccessLogSettings.Format, to line: inout Buffer
    ) {
        switch format {
        case .json: appendJSON(facts, texts, names, to: &line)
        case .combined: appendCombined(facts, texts, to: &line)
        }
    }

    private static func appendJSON(
        _ facts: LogFacts, _ texts: Span<UInt8>, _ names: borrowing LogNames,
        to line: inout Buffer
    ) {
        line.append("{\"time\":\"")
        LogTime.append(rfc3339: facts.began, to: &line)
        line.append("\",\"client\":\"")
        ClientAddress(bits: facts.client.bits).append(to: &line)
        line.append("\",\"method\":\"")
        append(json: facts.texts.method, texts, to: &line)
        line.append("\",\"path\":\"")
        append(json: facts.texts.path, texts, to: &line)
        line.append("\",\"protocol\":\"")
        if facts.isTCP { line.append("tcp") } else { append(versionOf: facts, to: &line) }
        line.append("\",\"host\":\"")
        append(json: facts.texts.host, texts, to: &line)
        line.append("\",\"status\":")
        line.append(decimal: UInt64(facts.status))
        line.append(",\"bytes_sent\":")
        line.append(decimal: UInt64(facts.bytesSent))
        line.append(",\"bytes_received\":")
        line.append(decimal: UInt64(facts.bytesReceived))
        line.append(",\"duration\":")
        LogTime.append(seconds: facts.nanoseconds, to: &line)
        appendRoute(facts, names, to: &line)
        line.append(",\"retries\":")
        line.append(decimal: UInt64(facts.retries))
        line.append(",\"error\":\"")
        if let error = facts.error { line.append(error) }
        line.append("\",\"request_id\":\"")
        append(json: facts.texts.id, texts, to: &line)
        line.append("\",\"user_agent\":\"")
        append(json: facts.texts.agent, texts, to: &line)
        line.append("\",\"referer\":\"")
        append(json: facts.texts.referer, texts, to: &line)
        line.append("\"")
        if let tls = facts.tls { tls.append(to: &line) }
        line.append("}\n")
    }

    /// What Sluice decided about the request, and what came of it.
    private static func appendRoute(
        _ facts: LogFacts, _ names: borrowing LogNames, to line: inout Buffer
    ) {
        line.append(",\"listener\":\"")
        names.append(listener: facts.listener, to: &line)
        line.append("\",\"split\":\"")
        names.append(split: facts.split, to: &line)
        line.append("\",\"chosen_by\":\"")
        if let choice = facts.choice { append(choice, to: &line) }
        line.append("\",\"upstream\":\"")
        names.append(upstream: facts.upstream, to: &line)
        line.append("\",\"target\":\"")
        if let target = facts.target { append(target, to: &line) }
        line.append("\",\"upstream_time\":")
        if let nanoseconds = facts.firstByteNanoseconds {
            LogTime.append(seconds: nanoseconds, to: &line)
        } else {
            line.append("null")
        }
    }

    /// Apache's and nginx's combined format, to the letter: whoever reads those reads this.
    private static func appendCombined(
        _ facts: LogFacts, _ texts: Span<UInt8>, to line: inout Buffer
    ) {
        ClientAddress(bits: facts.client.bits).append(to: &line)
        line.append(" - - [")
        LogTime.append(commonLog: facts.began, to: &line)
        line.append("] \"")
        if facts.texts.method.isEmpty, facts.texts.path.isEmpty {
            line.append("-")
        } else {
            if !facts.texts.method.isEmpty {
                append(quoted: facts.texts.method, texts, to: &line)
                line.append(" ")
            }
            append(quoted: facts.texts.path, texts, to: &line)
            if facts.version != nil { line.append(" ") }
            append(versionOf: facts, to: &line)
        }
        line.append("\" ")
        // Readers expect three digits: 499 is nginx's number for a client who did not wait.
        let code = facts.isTCP && facts.error == nil ? 200 : facts.status
        line.append(decimal: code == 0 ? 499 : UInt64(code))
        line.append(" ")
        line.append(decimal: UInt64(facts.bytesSent))
        line.append(" \"")
        append(orHyphen: facts.texts.referer, texts, to: &line)
        line.append("\" \"")
        append(orHyphen: facts.texts.agent, texts, to: &line)
        line.append("\"\n")
    }
}

extension LogLine {
    private static func append(
        json piece: LogTexts.Piece, _ texts: Span<UInt8>, to line: inout Buffer
    ) {
        LogText.append(json: texts, piece.range, to: &line)
        appendMark(piece, to: &line)
    }

    private static func append(
        quoted piece: LogTexts.Piece, _ texts: Span<UInt8>, to line: inout Buffer
    ) {
        LogText.append(quoted: texts, piece.range, to: &line)
        appendMark(piece, to: &line)
    }

    private static func append(
        orHyphen piece: LogTexts.Piece, _ texts: Span<UInt8>, to line: inout Buffer
    ) {
        if piece.isEmpty { line.append("-") }
        append(quoted: piece, texts, to: &line)
    }

    /// Tells that a text was cut, and how much longer it was.
    private static func appendMark(_ piece: LogTexts.Piece, to line: inout Buffer) {
        guard piece.left > 0 else { return }
        line.append("...(+")
        line.append(decimal: UInt64(piece.left))
        line.append(")")
    }

    private static func append(versionOf facts: LogFacts, to line: inout Buffer) {
        if facts.isHTTP2 {
            line.append("HTTP/2.0")
            return
        }
        switch facts.version {
        case .http11: line.append("HTTP/1.1")
        case .http10: line.append("HTTP/1.0")
        case nil: return
        }
    }

    private static func append(_ choice: ChoiceKind, to line: inout Buffer) {
        switch choice {
        case .sequence: line.append("sequence")
        case .sticky: line.append("sticky")
        case .pin: line.append("pin")
        case .shift: line.append("shift")
        }
    }

    private static func append(_ target: SocketAddress, to line: inout Buffer) {
        let isIPv4 = target.address.isIPv4
        if !isIPv4 { line.append("[") }
        ClientAddress(bits: target.address.bits).append(to: &line)
        line.append(isIPv4 ? ":" : "]:")
        line.append(decimal: UInt64(target.port))
    }
}
