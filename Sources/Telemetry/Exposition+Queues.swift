extension Exposition {
    func writeQueues(to writer: inout MetricWriter) {
        writer.family(
            "sluice_upstream_retries_refused_total", .counter,
            "Requests not sent once more, since the upstream's budget was used up.")
        for lane in lanes {
            writer.sample(lane.labels, counters.retryRefusalCount(lane: lane.id))
        }
        writer.family(
            "sluice_upstream_queued", .gauge, "Exchanges that wait for a place at a target.")
        for lane in lanes { writer.sample(lane.labels, counters.queuedCount(lane: lane.id)) }
        writer.family(
            "sluice_upstream_queue_refused_total", .counter,
            "Exchanges that got no place at a target.")
        for lane in lanes {
            for refusal in QueueRefusal.allCases {
                let count = counters.queueRefusalCount(lane: lane.id, refusal)
                if count > 0 {
                    writer.sample(lane.labels.adding("reason", "\(refusal)"), count)
                }
            }
        }
    }
}
