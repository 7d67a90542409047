extension SettingsDocument {
    /// How much a listener takes; what is not said has its preset.
    mutating func readListenerLimits(_ field: Field?) -> ListenerLimits {
        var limits = ListenerLimits()
        guard let field, let fields = fields(of: field.value, keys: .listenerLimits) else {
            return limits
        }
        limits.connections = integer(fields["connections"], in: Limits.connections)
        limits.connectionsPerClient = integer(
            fields["connections_per_client"], in: Limits.connections)
        replace(&limits.headBytes, with: size(fields["head"], in: Limits.headBytes))
        replace(&limits.fields, with: integer(fields["fields"], in: Limits.fields))
        // A smaller head lowers the preset of what is a part of it.
        limits.uriBytes = min(limits.uriBytes, limits.headBytes)
        replace(&limits.uriBytes, with: size(fields["uri"], in: Limits.uriBytes))
        limits.bodyBytes = size(fields["body"], in: Limits.bodyBytes)
        check(limits, fields)
        return limits
    }

    /// No part above its whole.
    private mutating func check(_ limits: ListenerLimits, _ fields: [String: Field]) {
        if limits.uriBytes > limits.headBytes, let node = fields["uri"]?.value {
            let most = SizeText.text(limits.headBytes)
            faults.add(
                "`uri` is \(SizeText.text(limits.uriBytes)), and a head has at most \(most); "
                    + "expected no more than `head`",
                at: node)
        }
        if let each = limits.connectionsPerClient, let all = limits.connections, each > all,
            let node = fields["connections_per_client"]?.value
        {
            faults.add(
                "`connections_per_client` is \(each), and there are at most \(all); "
                    + "expected no more than `connections`",
                at: node)
        }
    }

    /// How much an upstream is asked for; what is not said has its preset.
    mutating func readUpstreamLimits(_ field: Field?) -> UpstreamLimits {
        var limits = UpstreamLimits()
        guard let field, let fields = fields(of: field.value, keys: .upstreamLimits) else {
            return limits
        }
        limits.inflightPerTarget = integer(fields["inflight_per_target"], in: Limits.inflight)
        replace(&limits.queue, with: integer(fields["queue"], in: Limits.queue))
        replace(&limits.queueTimeoutMilliseconds, with: duration(fields["queue_timeout"], from: 1))
        limits.requestsPerConnection = integer(
            fields["requests_per_connection"], in: Limits.requestsPerConnection)
        if fields["inflight_per_target"] == nil {
            for name in ["queue", "queue_timeout"] {
                guard let key = fields[name]?.key else { continue }
                faults.warn(
                    "`\(name)` does nothing without `inflight_per_target`: nobody waits", at: key)
            }
        }
        return limits
    }

    /// How often a request is sent again; what is not said has its preset.
    mutating func readRetries(_ field: Field?) -> RetrySettings {
        var retries = RetrySettings()
        guard let field, let fields = fields(of: field.value, keys: .retries) else {
            return retries
        }
        replace(&retries.count, with: integer(fields["count"], in: Limits.retries))
        replace(&retries.budgetPercent, with: percent(fields["budget"], in: 0...100))
        return retries
    }
}
