extension Exposition {
    func writeSplits(to writer: inout MetricWriter) {
        writer.family(
            "sluice_split_routed_total", .counter, "Requests routed, by what chose the upstream.")
        for lane in lanes {
            for kind in ChoiceKind.allCases {
                let count = counters.routedCount(lane: lane.id, by: kind)
                guard count > 0 || kind == .sequence else { continue }
                writer.sample(lane.labels.adding("by", "\(kind)"), count)
            }
        }
        writer.family(
            "sluice_split_weight_ratio", .gauge, "Share of the weights that were set.")
        for share in gauges.shares { writer.sample(labels(of: share), share.setRatio) }
        writer.family(
            "sluice_split_effective_ratio", .gauge, "Share in force after health and drain.")
        for share in gauges.shares { writer.sample(labels(of: share), share.effectiveRatio) }
        writer.family(
            "sluice_weight_changes_total", .counter, "Changes of weights asked for.")
        for changes in gauges.weightChanges {
            let labels = Labels([
                "split": changes.split, "source": changes.source, "result": changes.result,
            ])
            writer.sample(labels, changes.count)
        }
    }

    func writeControl(to writer: inout MetricWriter) {
        writer.family("sluice_generation", .gauge, "Number of the last change of weights.")
        writer.sample(.none, gauges.generation)
        if let isValid = gauges.isWeightsFileValid {
            writer.family("sluice_weights_file_valid", .gauge, "1 if the weight file is valid.")
            writer.sample(.none, isValid)
        }
        if let isDrifted = gauges.isWeightsFileDrifted {
            writer.family(
                "sluice_weights_file_drift", .gauge,
                "1 if the weights in force are not those of the weight file.")
            writer.sample(.none, isDrifted)
        }
        writer.family(
            "sluice_config_last_reload_successful", .gauge,
            "1 if the configuration that was read last is in force.")
        writer.sample(.none, gauges.wasLastReloadSuccessful)
        writeAccessLog(to: &writer)
        writer.family("sluice_build_info", .gauge, "The version, as a label.")
        writer.sample(Labels(["version": gauges.version]), 1)
    }

    private func writeAccessLog(to writer: inout MetricWriter) {
        writer.family(
            "sluice_access_log_lines_total", .counter, "Lines written to the access log.")
        writer.sample(.none, gauges.accessLogLines)
        writer.family(
            "sluice_dropped_log_lines_total", .counter,
            "Lines of the access log that found no room.")
        writer.sample(.none, gauges.droppedLogLines)
        writer.family(
            "sluice_access_log_errors_total", .counter,
            "Writes to the access log that failed and are tried again.")
        writer.sample(.none, gauges.accessLogErrors)
    }

    func writeProcess(to writer: inout MetricWriter) {
        let process = gauges.process
        writer.family("process_open_fds", .gauge, "Open file descriptors.")
        writer.sample(.none, process.openFDs)
        writer.family("process_max_fds", .gauge, "Most file descriptors that may be open.")
        writer.sample(.none, process.maximumFDs)
        writer.family("process_resident_memory_bytes", .gauge, "Memory in RAM.")
        writer.sample(.none, process.residentBytes)
        writer.family("process_virtual_memory_bytes", .gauge, "Address space.")
        writer.sample(.none, process.virtualBytes)
        writer.family("process_cpu_seconds_total", .counter, "User and system CPU time.")
        writer.sample(.none, process.cpuSeconds)
        writer.family("process_start_time_seconds", .gauge, "Start, in seconds since 1970.")
        writer.sample(.none, process.startedAtSeconds)
    }

    private func labels(of share: ControlGauges.Share) -> Labels {
        Labels(["split": share.split, "upstream": share.upstream])
    }
}
