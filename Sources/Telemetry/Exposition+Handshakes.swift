extension Exposition {
    func writeHandshakes(to writer: inout MetricWriter) {
        writer.family(
            "sluice_downstream_handshakes_total", .counter,
            "Handshakes of TLS with clients that were good.")
        for listener in listeners {
            write(listener, to: &writer) { counters.handshakeCount(listener: listener.id, $0) }
        }
        writer.family(
            "sluice_downstream_handshake_failures_total", .counter,
            "Handshakes of TLS with clients that came to nothing, by their reason.")
        for listener in listeners {
            writeFailures(listener, to: &writer) {
                counters.handshakeFailureCount(listener: listener.id, kind: $0)
            }
        }
        writer.family(
            "sluice_upstream_handshakes_total", .counter,
            "Handshakes of TLS with targets that were good.")
        for upstream in upstreams {
            write(upstream, to: &writer) { counters.handshakeCount(upstream: upstream.id, $0) }
        }
        writer.family(
            "sluice_upstream_handshake_failures_total", .counter,
            "Handshakes of TLS with targets that came to nothing, by their reason.")
        for upstream in upstreams {
            writeFailures(upstream, to: &writer) {
                counters.handshakeFailureCount(upstream: upstream.id, kind: $0)
            }
        }
        writer.family(
            "sluice_certificate_expiry_seconds", .gauge,
            "Time until the certificate expires; below 0 when it has.")
        for certificate in gauges.certificates {
            writer.sample(
                Labels([
                    certificate.side: certificate.owner, "certificate": certificate.path,
                ]), certificate.secondsLeft)
        }
        writer.family(
            "sluice_certificate_reloads_total", .counter,
            "Times that changed files of TLS were read, by what came of it.")
        writer.sample(Labels(["result": "ok"]), gauges.certificateReloads)
        writer.sample(Labels(["result": "failed"]), gauges.failedCertificateReloads)
    }

    private func write(
        _ series: Series, to writer: inout MetricWriter, count: (Handshake) -> Int
    ) {
        for handshake in Handshake.all {
            let count = count(handshake)
            guard count > 0 else { continue }
            let labels = series.labels.adding("version", handshake.version)
            writer.sample(labels.adding("kind", handshake.kind), count)
        }
    }

    private func writeFailures(
        _ series: Series, to writer: inout MetricWriter, count: (HandshakeFailure) -> Int
    ) {
        for kind in HandshakeFailure.allCases {
            let count = count(kind)
            if count > 0 { writer.sample(series.labels.adding("reason", kind.label), count) }
        }
    }
}
