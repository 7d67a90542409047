package import Proxy

/// Spans as OTLP/HTTP takes them: a request of its trace service, as JSON. Attributes are named by
/// the semantic conventions for HTTP.
package enum TraceMessage {
    /// The body that tells of these spans, in UTF-8.
    package static func body(_ spans: [ExchangeSpan], serviceName: String) -> [UInt8] {
        let resource = attributes([
            ("service.name", .string(serviceName)), ("service.version", .string(Version.text)),
        ])
        let scope: JSONValue = .object([
            "name": .string("sluice"), "version": .string(Version.text),
        ])
        let message: JSONValue = .object([
            "resourceSpans": .array([
                .object([
                    "resource": .object(["attributes": resource]),
                    "scopeSpans": .array([
                        .object(["scope": scope, "spans": .array(spans.map(value))])
                    ]),
                ])
            ])
        ])
        return Array(JSONWriter.line(message).utf8)
    }

    /// Of a server's kind, whose parent, if there is one, is another process's.
    private static func value(_ span: ExchangeSpan) -> JSONValue {
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue) {
            members.append(JSONValue.Member(name: name, value: value))
        }
        add("traceId", .string(hexadecimal(span.traceHigh) + hexadecimal(span.traceLow)))
        add("spanId", .string(hexadecimal(span.span)))
        if span.parent != 0 { add("parentSpanId", .string(hexadecimal(span.parent))) }
        // Sampled; whether the parent is of another process is known, and it is.
        add("flags", .number(span.parent == 0 ? 0x101 : 0x301))
        add("name", .string(span.method ?? "HTTP"))
        add("kind", .number(2))
        add("startTimeUnixNano", .string("\(span.began)"))
        add("endTimeUnixNano", .string("\(span.ended)"))
        add("attributes", attributes(of: span))
        if span.status >= 500 || span.error != nil && span.status < 400 {
            add("status", .object(["code": .number(2)]))
        }
        return .object(members)
    }

    private static func attributes(of span: ExchangeSpan) -> JSONValue {
        var pairs: [(String, JSONValue)] = [
            ("http.request.method", .string(span.method ?? "_OTHER")),
            ("url.scheme", .string(span.isSecure ? "https" : "http")),
            ("url.path", .string(span.path)),
            ("network.protocol.version", .string(span.version)),
        ]
        let (address, port) = parts(of: span.host)
        if !address.isEmpty { pairs.append(("server.address", .string(address))) }
        if let port { pairs.append(("server.port", .number(port))) }
        if span.status > 0 { pairs.append(("http.response.status_code", .number(span.status))) }
        let error = span.error ?? (span.status >= 500 ? "\(span.status)" : nil)
        if let error { pairs.append(("error.type", .string(error))) }
        for (name, text) in [
            ("sluice.listener", span.listener), ("sluice.split", span.split),
            ("sluice.upstream", span.upstream), ("sluice.target", span.target),
        ] where !text.isEmpty {
            pairs.append((name, .string(text)))
        }
        pairs.append(("sluice.attempts", .number(span.attempts)))
        return attributes(pairs)
    }

    /// Whole numbers are texts in OTLP's JSON, as in that of protocol buffers.
    private static func attributes(_ pairs: [(String, JSONValue)]) -> JSONValue {
        .array(
            pairs.map { name, value in
                let kind = value.numberText == nil ? "stringValue" : "intValue"
                let told = value.numberText.map { JSONValue.string($0) } ?? value
                return .object([
                    JSONValue.Member(name: "key", value: .string(name)),
                    JSONValue.Member(
                        name: "value", value: .object([JSONValue.Member(name: kind, value: told)])),
                ])
            })
    }

    /// `h:8080` is a name and a port, `[::1]` an address alone.
    private static func parts(of host: String) -> (address: String, port: Int?) {
        let end = host.lastIndex(of: "]") ?? host.startIndex
        let colon = host[end...].firstIndex(of: ":") ?? host.endIndex
        let address = host[..<colon].filter { $0 != "[" && $0 != "]" }
        return (String(address), Int(host[colon...].dropFirst()))
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
