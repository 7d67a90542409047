extension Exposition {
    /// Connections through tcp listeners; a lane that never had one is left out.
    func writeTCP(to writer: inout MetricWriter) {
        let lanes = lanes.filter { lane in
            counters.tcpLiveCount(lane: lane.id) > 0
                || TCPEnd.allCases.contains { counters.tcpEndCount(lane: lane.id, $0) > 0 }
        }
        writer.family(
            "sluice_tcp_connections", .gauge, "Connections of tcp listeners at a target now.")
        for lane in lanes { writer.sample(lane.labels, counters.tcpLiveCount(lane: lane.id)) }
        writer.family(
            "sluice_tcp_connections_total", .counter,
            "Connections of tcp listeners that are over, by how they ended.")
        for lane in lanes {
            for end in TCPEnd.allCases {
                let count = counters.tcpEndCount(lane: lane.id, end)
                guard count > 0 || end == .closed else { continue }
                writer.sample(lane.labels.adding("end", end.label), count)
            }
        }
        writer.family(
            "sluice_tcp_errors_total", .counter,
            "Connections of tcp listeners that ended by a fault.")
        for lane in lanes {
            for end in TCPEnd.allCases where end.isFault {
                let count = counters.tcpEndCount(lane: lane.id, end)
                if count > 0 { writer.sample(lane.labels.adding("kind", end.label), count) }
            }
        }
        writer.family(
            "sluice_tcp_connection_duration_seconds", .histogram,
            "From a connection's first moment here to its end, if it got to a target.")
        for lane in lanes {
            writer.histogram(
                lane.labels, counters.tcpDurationHistogram(lane: lane.id),
                bounds: Self.latencyBounds)
        }
        writeTCPBytes(of: lanes, to: &writer)
        writeOpenings(to: &writer)
    }

    private func writeTCPBytes(of lanes: [Series], to writer: inout MetricWriter) {
        writer.family(
            "sluice_tcp_received_bytes_total", .counter,
            "Bytes from the upstream on connections of tcp listeners.")
        for lane in lanes {
            writer.sample(lane.labels, counters.tcpByteCounts(lane: lane.id).received)
        }
        writer.family(
            "sluice_tcp_sent_bytes_total", .counter,
            "Bytes to the upstream on connections of tcp listeners.")
        for lane in lanes {
            writer.sample(lane.labels, counters.tcpByteCounts(lane: lane.id).sent)
        }
    }

    private func writeOpenings(to writer: inout MetricWriter) {
        writer.family(
            "sluice_proxy_header_refused_total", .counter,
            "Connections closed for the PROXY header that they did, or did not, begin with.")
        for listener in listeners {
            for kind in ProxyHeaderRefusal.allCases {
                let count = counters.proxyHeaderRefusalCount(listener: listener.id, kind)
                if count > 0 { writer.sample(listener.labels.adding("kind", kind.label), count) }
            }
        }
        writer.family(
            "sluice_client_hello_total", .counter,
            "First messages of TLS clients at listeners that choose by server name.")
        for listener in listeners {
            for result in ClientHelloResult.allCases {
                let count = counters.clientHelloCount(listener: listener.id, result)
                if count > 0 {
                    writer.sample(listener.labels.adding("result", result.label), count)
                }
            }
        }
    }
}
