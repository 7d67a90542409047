import Testing

@testable import Telemetry

@Suite struct ExpositionTests {
    private static let families = """
        sluice_split_routed_total counter
        sluice_split_weight_ratio gauge
        sluice_split_effective_ratio gauge
        sluice_weight_changes_total counter
        sluice_upstream_requests_total counter
        sluice_upstream_inflight gauge
        sluice_upstream_retries_total counter
        sluice_upstream_errors_total counter
        sluice_upstream_retries_refused_total counter
        sluice_upstream_queued gauge
        sluice_upstream_queue_refused_total counter
        sluice_upstream_request_duration_seconds histogram
        sluice_upstream_request_duration_quantile_seconds summary
        sluice_upstream_first_byte_seconds histogram
        sluice_upstream_first_byte_quantile_seconds summary
        sluice_kong_responses_total counter
        sluice_kong_latency_seconds histogram
        sluice_kong_latency_quantile_seconds summary
        sluice_kong_service_latency_seconds histogram
        sluice_kong_service_latency_quantile_seconds summary
        sluice_kong_version_info gauge
        sluice_kong_version_alarm gauge
        sluice_kong_unmarked gauge
        sluice_upstream_connections gauge
        sluice_upstream_connects_total counter
        sluice_upstream_received_bytes_total counter
        sluice_upstream_sent_bytes_total counter
        sluice_downstream_connections gauge
        sluice_downstream_requests_total counter
        sluice_downstream_refused_total counter
        sluice_worker_loop_seconds histogram
        sluice_downstream_handshakes_total counter
        sluice_downstream_handshake_failures_total counter
        sluice_upstream_handshakes_total counter
        sluice_upstream_handshake_failures_total counter
        sluice_certificate_expiry_seconds gauge
        sluice_certificate_reloads_total counter
        sluice_http2_connections_ended_total counter
        sluice_http2_streams_refused_total counter
        sluice_upstream_grpc_calls_total counter
        sluice_tcp_connections gauge
        sluice_tcp_connections_total counter
        sluice_tcp_errors_total counter
        sluice_tcp_connection_duration_seconds histogram
        sluice_tcp_received_bytes_total counter
        sluice_tcp_sent_bytes_total counter
        sluice_proxy_header_refused_total counter
        sluice_client_hello_total counter
        sluice_target_drained gauge
        sluice_upstream_oldest_inflight_seconds gauge
        sluice_target_healthy gauge
        sluice_target_state gauge
        sluice_target_state_changes_total counter
        sluice_health_checks_total counter
        sluice_freeze gauge
        sluice_guard_refused_total counter
        sluice_latched gauge
        sluice_audit_lost_total counter
        sluice_audit_waiting gauge
        sluice_admin_tokens_refused_total counter
        sluice_generation gauge
        sluice_weights_file_valid gauge
        sluice_weights_file_drift gauge
        sluice_config_last_reload_successful gauge
        sluice_access_log_lines_total counter
        sluice_dropped_log_lines_total counter
        sluice_access_log_errors_total counter
        sluice_build_info gauge
        sluice_otlp_spans_total counter
        process_open_fds gauge
        process_max_fds gauge
        process_resident_memory_bytes gauge
        process_virtual_memory_bytes gauge
        process_cpu_seconds_total counter
        process_start_time_seconds gauge
        """

    private static let x = ["split": "kong", "upstream": "x"]
    private static let y = ["split": "kong", "upstream": "y"]

    private static let expected: [(String, [String: String], Double)] = [
        ("sluice_split_routed_total", y.with("by", "sequence"), 2),
        ("sluice_split_routed_total", y.with("by", "shift"), 1),
        ("sluice_split_routed_total", x.with("by", "sequence"), 0),
        ("sluice_split_weight_ratio", x, 0.9),
        ("sluice_split_effective_ratio", x, 1),
        ("sluice_upstream_requests_total", y.with("code", "200"), 1),
        ("sluice_upstream_requests_total", y.with("code", "0"), 1),
        ("sluice_upstream_inflight", y, 1),
        ("sluice_upstream_retries_total", y, 1),
        ("sluice_upstream_errors_total", y.with("kind", "protocol"), 1),
        ("sluice_upstream_retries_refused_total", y, 1),
        ("sluice_upstream_queued", y, 2),
        ("sluice_upstream_queued", x, 0),
        ("sluice_upstream_queue_refused_total", y.with("reason", "timeout"), 1),
        (
            "sluice_kong_responses_total", y.with("origin", "service_failed").with("code", "502"),
            1
        ),
        ("sluice_kong_latency_seconds_sum", y, 0.003),
        ("sluice_kong_latency_seconds_bucket", y.with("le", "0.005"), 1),
        ("sluice_kong_service_latency_seconds_sum", y, 0.04),
        ("sluice_kong_service_latency_seconds_bucket", y.with("le", "0.03"), 0),
        ("sluice_kong_version_info", ["upstream": "y", "version": "3.4.2"], 1),
        ("sluice_kong_version_alarm", ["upstream": "y", "kind": "two_versions"], 1),
        ("sluice_kong_version_alarm", ["upstream": "y", "kind": "others_version"], 0),
        ("sluice_kong_unmarked", ["upstream": "y"], 0),
        ("sluice_upstream_connections", ["upstream": "y", "state": "idle"], 4),
        ("sluice_upstream_connections", ["upstream": "y", "state": "active"], 3),
        ("sluice_upstream_connects_total", ["upstream": "y", "result": "unreachable"], 1),
        ("sluice_upstream_connects_total", ["upstream": "x", "result": "ok"], 0),
        ("sluice_upstream_received_bytes_total", ["upstream": "y"], 1_000),
        ("sluice_upstream_sent_bytes_total", ["upstream": "y"], 200),
        ("sluice_target_drained", ["upstream": "y", "target": "127.0.0.1:9002"], 1),
        ("sluice_upstream_oldest_inflight_seconds", ["upstream": "y", "kind": "tunnel"], 60),
        ("sluice_target_healthy", ["upstream": "y", "target": "127.0.0.1:9002"], 0),
        (
            "sluice_target_state",
            ["upstream": "y", "target": "127.0.0.1:9002", "state": "down"], 1
        ),
        (
            "sluice_target_state",
            ["upstream": "y", "target": "127.0.0.1:9002", "state": "sound"], 0
        ),
        (
            "sluice_target_state",
            ["upstream": "y", "target": "127.0.0.1:9002", "state": "drained"], 1
        ),
        ("sluice_target_state_changes_total", ["upstream": "y", "state": "down"], 2),
        ("sluice_health_checks_total", ["upstream": "y", "result": "failed"], 5),
        ("sluice_downstream_connections", ["listener": "api"], 1),
        ("sluice_downstream_requests_total", ["listener": "api", "code": "200"], 1),
        ("sluice_downstream_refused_total", ["reason": "connections"], 0),
        ("sluice_downstream_refused_total", ["reason": "connections_per_client"], 2),
        ("sluice_weight_changes_total", ["split": "kong", "source": "file"], 3),
        ("sluice_generation", [:], 7),
        ("sluice_weights_file_valid", [:], 1),
        ("sluice_weights_file_drift", [:], 0),
        ("sluice_config_last_reload_successful", [:], 1),
        ("sluice_worker_loop_seconds_count", [:], 1),
        ("sluice_dropped_log_lines_total", [:], 2),
        ("sluice_otlp_spans_total", ["result": "exported"], 9),
        ("sluice_otlp_spans_total", ["result": "dropped"], 2),
        ("sluice_otlp_spans_total", ["result": "failed"], 1),
        ("sluice_build_info", ["version": "1.2.3"], 1),
        ("process_open_fds", [:], 20),
        ("process_max_fds", [:], 1_024),
        ("process_resident_memory_bytes", [:], 4_096),
        ("process_virtual_memory_bytes", [:], 8_192),
        ("process_cpu_seconds_total", [:], 1.5),
        ("process_start_time_seconds", [:], 1.7e9),
    ]

    @Test func `a page for two upstreams reads back in full`() throws {
        let page = try MetricsPage(SampleExposition.make().text())
        for (name, labels, value) in Self.expected {
            #expect(page.value(name, labels) == value, "\(name) \(labels)")
        }
    }

    @Test(arguments: [
        ("sluice_upstream_request_duration", 0.004), ("sluice_upstream_first_byte", 0.001),
    ])
    func `latencies are shown as a histogram and as quantiles`(
        name: String, seconds: Double
    ) throws {
        let page = try MetricsPage(SampleExposition.make().text())
        let lane = ["split": "kong", "upstream": "y"]
        #expect(page.value(name + "_seconds_sum", lane) == seconds)
        #expect(page.value(name + "_seconds_count", lane) == 1)
        let below = seconds == 0.004 ? "0.003" : "0.0005"
        let above = seconds == 0.004 ? "0.005" : "0.002"
        #expect(page.value(name + "_seconds_bucket", lane.with("le", below)) == 0)
        #expect(page.value(name + "_seconds_bucket", lane.with("le", above)) == 1)
        let bounds = page.family(name + "_seconds")?.samples.filter {
            $0.labels["upstream"] == "y" && $0.name.hasSuffix("_bucket")
        }
        #expect(bounds?.count == 25)
        for quantile in ["0.5", "0.9", "0.99", "0.999"] {
            let value = page.value(name + "_quantile_seconds", lane.with("quantile", quantile))
            #expect(abs((value ?? 0) / seconds - 1) < 0.01)
        }
        let idle = ["split": "kong", "upstream": "x", "quantile": "0.5"]
        #expect(page.value(name + "_quantile_seconds", idle)?.isNaN == true)
    }

    @Test func `only lanes to a Kong have what a Kong tells`() throws {
        let page = try MetricsPage(SampleExposition.make().text())
        for name in ["sluice_kong_latency_seconds", "sluice_kong_service_latency_seconds"] {
            let upstreams = page.family(name)?.samples.compactMap { $0.labels["upstream"] }
            #expect(Set(upstreams ?? []) == ["y"])
        }
        for (name, seconds) in [("kong", 0.003), ("kong_service", 0.04)] {
            let value = page.value(
                "sluice_\(name)_latency_quantile_seconds", Self.y.with("quantile", "0.99"))
            #expect(abs((value ?? 0) / seconds - 1) < 0.01)
        }
    }

    @Test func `the families, in their order, are the interface`() throws {
        let page = try MetricsPage(SampleExposition.make().text())
        let families = page.families.map { "\($0.name) \($0.kind)" }
        #expect(families.joined(separator: "\n") == Self.families)
    }

    @Test func `the fixed bounds are 24 from 100 µs to 100 s`() {
        let bounds = Exposition.latencyBounds
        #expect(bounds.count == 24 && bounds == bounds.sorted())
        #expect(bounds.first == 0.0001 && bounds.last == 100)
    }

    @Test func `without a weight file nothing is said about one`() throws {
        var gauges = ControlGauges()
        gauges.version = "1"
        let page = try MetricsPage(exposition(gauges: gauges).text())
        #expect(page.family("sluice_weights_file_valid") == nil)
        #expect(page.family("sluice_weights_file_drift") == nil)
        #expect(page.value("sluice_generation") == 0)
    }

    @Test(arguments: [#"a"b"#, #"a\b"#, "a\nb", #"\n"#, #"a",b="c"#, "ü€\r\n", "{}", "", "\\"])
    func `a weird name is escaped and reads back the same`(name: String) throws {
        var registry = Registry()
        _ = registry.lane(split: name, upstream: name)
        _ = registry.upstream(name)
        _ = registry.listener(name)
        let page = try MetricsPage(exposition(registry: registry).text())
        #expect(page.value("sluice_upstream_inflight", ["split": name, "upstream": name]) == 0)
        #expect(page.value("sluice_upstream_sent_bytes_total", ["upstream": name]) == 0)
        #expect(page.value("sluice_downstream_connections", ["listener": name]) == 0)
    }

    @Test func `fifty lanes make a valid page`() throws {
        var registry = Registry()
        for number in 0..<50 { _ = registry.lane(split: "s", upstream: "u\(number)") }
        let page = try MetricsPage(exposition(registry: registry).text())
        #expect(page.family("sluice_upstream_request_duration_seconds")?.samples.count == 50 * 27)
    }

    private func exposition(
        registry: Registry = Registry(), gauges: ControlGauges = ControlGauges()
    ) -> Exposition {
        Exposition(
            counters: WorkerCounters(), registry: registry, window: MinuteWindow(),
            gauges: gauges)
    }
}

extension [String: String] {
    fileprivate func with(_ label: String, _ value: String) -> Self {
        merging([label: value]) { _, new in new }
    }
}
