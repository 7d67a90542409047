extension Exposition {
    func writeKong(to writer: inout MetricWriter) {
        writer.family(
            "sluice_kong_responses_total", .counter,
            "Responses that clients got through a Kong, by who made them.")
        for lane in kongLanes { writeResponses(lane, to: &writer) }
        writeLatency(
            "sluice_kong_latency", of: kongLanes,
            "What Kong itself took, as it says, in whole milliseconds.",
            "Quantiles of what Kong itself took over the last minute.", to: &writer,
            counters.kongHistogram, window.kong)
        writeLatency(
            "sluice_kong_service_latency", of: kongLanes,
            "What the service behind Kong took, as Kong says, in whole milliseconds.",
            "Quantiles of what the service behind Kong took over the last minute.", to: &writer,
            counters.kongServiceHistogram, window.kongServices)
        writeKongVersions(to: &writer)
    }

    private func writeResponses(_ lane: Series, to writer: inout MetricWriter) {
        for origin in ResponseOrigin.allCases {
            let labels = lane.labels.adding("origin", origin.label)
            for column in 0..<StatusColumn.count {
                let code = StatusColumn.code(of: column)
                let count = counters.kongResponseCount(lane: lane.id, by: origin, code: code)
                if count > 0 { writer.sample(labels.adding("code", "\(code)"), count) }
            }
        }
    }

    private func writeKongVersions(to writer: inout MetricWriter) {
        writer.family(
            "sluice_kong_version_info", .gauge, "The versions that a Kong answers with now.")
        for kong in gauges.kongs {
            for version in kong.versions {
                writer.sample(
                    Labels(["upstream": kong.upstream, "version": version.version]), 1)
            }
        }
        writer.family(
            "sluice_kong_version_alarm", .gauge,
            "1 if a Kong answers with versions that it should not.")
        for kong in gauges.kongs {
            for alarm in KongAlarm.allCases {
                writer.sample(
                    Labels(["upstream": kong.upstream, "kind": alarm.rawValue]),
                    kong.alarms.contains(alarm))
            }
        }
        writer.family(
            "sluice_kong_unmarked", .gauge,
            "1 if nothing in a Kong's answers tells that they are its own.")
        for kong in gauges.kongs {
            writer.sample(Labels(["upstream": kong.upstream]), kong.isUnmarked)
        }
    }
}
