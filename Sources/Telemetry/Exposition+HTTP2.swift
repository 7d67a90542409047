extension Exposition {
    func writeHTTP2(to writer: inout MetricWriter) {
        writer.family(
            "sluice_http2_connections_ended_total", .counter,
            "Clients' connections with HTTP/2 that were ended for what the client did.")
        for kind in HTTP2Refusal.allCases where kind.endsConnection {
            writer.sample(Labels(["reason": kind.label]), counters.http2[kind])
        }
        writer.family(
            "sluice_http2_streams_refused_total", .counter,
            "Streams of HTTP/2 that were ended for what the client did.")
        for kind in HTTP2Refusal.allCases where !kind.endsConnection {
            writer.sample(Labels(["reason": kind.label]), counters.http2[kind])
        }
    }
}
