internal import Kernel
internal import Reactor
internal import Settings
internal import TLS
internal import Telemetry

/// Checks go out, and what traffic shows of targets comes in.
extension DataPlane {
    /// Lets a worker ask a target how it is. A worker that has not answered two seconds after the
    /// probe's own time could not ask.
    package func probe(_ probe: Probe, byWorker number: Int) async -> ProbeOutcome {
        var probe = probe
        foundation.withLock { foundation in
            guard let name = probe.upstream,
                let upstream = foundation.upstreams.first(where: { $0.name == name })
            else { return }
            probe.version = upstream.versionSpoken
            guard let tls = foundation.tls.upstreams[name],
                let target = upstream.targets.first(where: {
                    $0.address.description == probe.setting
                })
            else { return }
            probe.tls = tls.value
            probe.serverName = ServerName(tls.settings, target.address)
        }
        let sent = probe
        let mailbox = crew.mailboxes[number % crew.mailboxes.count]
        let reply = ProbeReply()
        let clock = Task {
            try? await Task.sleep(for: .milliseconds(probe.timeoutMilliseconds + 2_000))
            reply.conclude(.notAsked)
        }
        mailbox.leave(.probe(sent) { reply.conclude($0) })
        let outcome = await reply.outcome()
        clock.cancel()
        return outcome
    }

    /// The targets whose traffic fails, as workers tell of them; for one listener at a time. When
    /// that one is slow the oldest are lost: a target that goes on failing is told of again.
    package func failures() -> some AsyncSequence<FailureReport, Never> & Sendable {
        // Names are looked up by the listener: no worker waits for the control plane.
        let foundation = foundation
        return Self.posts(to: crew.failureHandler).map { posted in
            let target = foundation.withLock { $0.registry.targets[posted.target] }
            return FailureReport(
                upstream: target.upstream, address: target.address, inARow: posted.inARow,
                failure: posted.failure, isLimit: posted.isLimit)
        }
    }
}

/// What comes of a probe, once.
private final class ProbeReply: Sendable {
    private struct State {
        var outcome: ProbeOutcome?
        var continuation: CheckedContinuation<ProbeOutcome, Never>?
    }

    private let state = Lock(State())

    /// The first outcome is the one.
    func conclude(_ outcome: ProbeOutcome) {
        let waiting = state.withLock { state -> CheckedContinuation<ProbeOutcome, Never>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            return state.continuation.take()
        }
        waiting?.resume(returning: outcome)
    }

    func outcome() async -> ProbeOutcome {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> ProbeOutcome? in
                if state.outcome == nil { state.continuation = continuation }
                return state.outcome
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
