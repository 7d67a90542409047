extension SettingsDocument {
    /// How long a listener's clients may take; what is not said has its preset.
    mutating func readListenerTimeouts(_ field: Field?) -> ListenerTimeouts {
        var times = ListenerTimeouts()
        guard let field, let fields = fields(of: field.value, keys: .listenerTimeouts) else {
            return times
        }
        replace(&times.headMilliseconds, with: duration(fields["head"], from: 1))
        replace(&times.bodyIdleMilliseconds, with: duration(fields["body_idle"], from: 1))
        replace(&times.keepaliveMilliseconds, with: duration(fields["keepalive"], from: 1))
        replace(&times.tunnelMilliseconds, with: duration(fields["tunnel"], from: 1))
        replace(&times.handshakeMilliseconds, with: duration(fields["handshake"], from: 1))
        times.lifetimeMilliseconds = duration(fields["lifetime"], from: 1)
        times.pingMilliseconds = duration(fields["ping"], from: 1)
        return times
    }

    /// How long an upstream's targets may take; what is not said has its preset.
    mutating func readUpstreamTimeouts(_ field: Field?) -> UpstreamTimeouts {
        var times = UpstreamTimeouts()
        guard let field, let fields = fields(of: field.value, keys: .upstreamTimeouts) else {
            return times
        }
        replace(&times.connectMilliseconds, with: duration(fields["connect"], from: 1))
        replace(&times.responseMilliseconds, with: duration(fields["response"], from: 1))
        replace(&times.idleMilliseconds, with: duration(fields["idle"], from: 1))
        replace(&times.keepaliveMilliseconds, with: duration(fields["keepalive"], from: 1))
        times.totalMilliseconds = duration(fields["total"], from: 1)
        times.pingMilliseconds = duration(fields["ping"], from: 1)
        return times
    }
}
