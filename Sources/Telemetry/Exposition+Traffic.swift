extension Exposition {
    func writeExchanges(to writer: inout MetricWriter) {
        writer.family(
            "sluice_upstream_requests_total", .counter,
            "Exchanges ended, by the status the client got; 0: none was sent.")
        for lane in lanes {
            writeCodes(lane, to: &writer) { counters.requestCount(lane: lane.id, code: $0) }
        }
        writer.family(
            "sluice_upstream_inflight", .gauge, "Exchanges begun and not yet ended.")
        for lane in lanes { writer.sample(lane.labels, counters.inflightCount(lane: lane.id)) }
        writer.family(
            "sluice_upstream_retries_total", .counter, "Requests sent once more.")
        for lane in lanes { writer.sample(lane.labels, counters.retryCount(lane: lane.id)) }
        writer.family(
            "sluice_upstream_errors_total", .counter, "Failed attempts, repeated or not.")
        for lane in lanes {
            for kind in AttemptFailure.allCases {
                let count = counters.failureCount(lane: lane.id, kind: kind)
                if count > 0 { writer.sample(lane.labels.adding("kind", "\(kind)"), count) }
            }
        }
    }

    func writeLatencies(to writer: inout MetricWriter) {
        writeLatency(
            "sluice_upstream_request_duration", of: lanes,
            "First byte of the request to last byte of the response; tunnels excluded.",
            "Quantiles of the request duration over the last minute.", to: &writer,
            counters.durationHistogram, window.durations)
        writeLatency(
            "sluice_upstream_first_byte", of: lanes,
            "Request head sent to response head received.",
            "Quantiles of the time to the response head over the last minute.", to: &writer,
            counters.firstByteHistogram, window.firstBytes)
    }

    /// A histogram of all time and the quantiles of the last minute, each for every lane.
    func writeLatency(
        _ name: String, of lanes: [Series], _ help: String, _ quantileHelp: String,
        to writer: inout MetricWriter, _ total: (Int) -> LatencyHistogram,
        _ lastMinute: (Int) -> LatencyHistogram
    ) {
        writer.family("\(name)_seconds", .histogram, help)
        for lane in lanes {
            writer.histogram(lane.labels, total(lane.id), bounds: Self.latencyBounds)
        }
        writer.family("\(name)_quantile_seconds", .summary, quantileHelp)
        for lane in lanes { writeQuantiles(lane.labels, lastMinute(lane.id), to: &writer) }
    }

    func writeUpstreams(to writer: inout MetricWriter) {
        writer.family(
            "sluice_upstream_connections", .gauge, "Connections to the upstream's targets.")
        for upstream in upstreams {
            let connections = counters.connectionCounts(upstream: upstream.id)
            writer.sample(upstream.labels.adding("state", "idle"), connections.idle)
            writer.sample(upstream.labels.adding("state", "active"), connections.active)
        }
        writer.family(
            "sluice_upstream_connects_total", .counter, "Attempts to connect, by their end.")
        for upstream in upstreams {
            for result in ConnectResult.allCases {
                let count = counters.connectCount(upstream: upstream.id, result: result)
                guard count > 0 || result == .ok else { continue }
                writer.sample(upstream.labels.adding("result", "\(result)"), count)
            }
        }
        writer.family(
            "sluice_upstream_received_bytes_total", .counter, "Bytes from the upstream.")
        for upstream in upstreams {
            writer.sample(upstream.labels, counters.byteCounts(upstream: upstream.id).received)
        }
        writer.family("sluice_upstream_sent_bytes_total", .counter, "Bytes to the upstream.")
        for upstream in upstreams {
            writer.sample(upstream.labels, counters.byteCounts(upstream: upstream.id).sent)
        }
    }

    func writeListeners(to writer: inout MetricWriter) {
        writer.family("sluice_downstream_connections", .gauge, "Connections of clients.")
        for listener in listeners {
            writer.sample(
                listener.labels, counters.downstreamConnectionCount(listener: listener.id))
        }
        writer.family(
            "sluice_downstream_requests_total", .counter,
            "Requests of clients, by the status they got; 0: none was sent.")
        for listener in listeners {
            writeCodes(listener, to: &writer) {
                counters.downstreamRequestCount(listener: listener.id, code: $0)
            }
        }
        writer.family(
            "sluice_downstream_refused_total", .counter,
            "Connections of clients turned away, by the limit that was reached.")
        for listener in listeners {
            for limit in Refusal.allCases {
                writer.sample(
                    listener.labels.adding("reason", limit.label),
                    counters.refusalCount(listener: listener.id, by: limit))
            }
        }
        writer.family(
            "sluice_worker_loop_seconds", .histogram, "Work in one turn of a worker's loop.")
        writer.histogram(.none, counters.loopTurns, bounds: Self.loopBounds)
    }

    private func writeCodes(
        _ series: Series, to writer: inout MetricWriter, count: (Int) -> Int
    ) {
        for column in 0..<StatusColumn.count {
            let code = StatusColumn.code(of: column)
            let count = count(code)
            if count > 0 { writer.sample(series.labels.adding("code", "\(code)"), count) }
        }
    }

    private func writeQuantiles(
        _ labels: Labels, _ histogram: LatencyHistogram, to writer: inout MetricWriter
    ) {
        for quantile in Self.quantiles {
            let seconds = histogram.quantileSeconds(Double(quantile) ?? .nan)
            writer.sample(labels.adding("quantile", quantile), seconds)
        }
    }
}
