import Kernel
import Reactor
import Splitting
import Telemetry

@testable import Proxy

/// What the peers and the operator may do in a rehearsal.
extension Rehearsal {
    /// One choice of what happens next, and of how long the worker gets to see it.
    func move() {
        let choice = Int(choices.byte())
        switch choice % 20 {
        case 0...3: clientAsks()
        case 4: withClient { $0.line.send(atMost: 1 + Int(choices.byte()) * 8) }
        case 5: withClient { $0.line.receive(atMost: 1 + Int(choices.byte()) * 64) }
        case 6: clientLeaves()
        case 7...10: backendAnswers()
        case 11: backendGoesOn()
        case 12: withBackend { $0.line.receive(atMost: 1 + Int(choices.byte()) * 64) }
        case 13: backendLeaves()
        case 14: backendSpeaksUnasked()
        case 15:
            let times = [20, 400, 3_000, 11_000, 31_000, 51_000, 76_000, 601_000]
            letTimePass(milliseconds: choices.one(of: times))
        case 16: changeWeights()
        case 17: changeTargets()
        case 18:
            let target = choices.below(Self.targetCount)
            choices.once(in: 2) ? close(door: target) : open(door: target)
        default: if choices.once(in: 12) { drain() }
        }
        switch choice / 20 % 4 {
        case 0, 1: settle()
        case 2: turnOnce()
        default: break
        }
    }

    private func clientAsks() {
        let slot = choices.below(Self.clientsAtOnce)
        if current[slot].map({ clients[$0].line.hasEndedSending || clients[$0].line.end != nil })
            ?? true
        {
            connect(slot)
        }
        guard let index = current[slot] else { return }
        let line = clients[index].line
        line.pending += script.request(&choices)
        line.send(atMost: choices.once(in: 3) ? choices.below(256) : .max)
    }

    private func withClient(_ body: (Client) -> Void) {
        guard let index = current[choices.below(Self.clientsAtOnce)] else { return }
        body(clients[index])
    }

    private func clientLeaves() {
        let slot = choices.below(Self.clientsAtOnce)
        guard let index = current[slot] else { return }
        switch choices.below(3) {
        case 0:
            clients[index].line.close()
            current[slot] = nil
        case 1: clients[index].line.endSending()
        default:
            clients[index].line.reset()
            current[slot] = nil
        }
    }

    /// The connections to targets that are still there.
    private var openBackends: [Backend] { backends.filter(\.line.isOpen) }

    private func withBackend(_ body: (Backend) -> Void) {
        let open = openBackends
        guard !open.isEmpty else { return }
        body(open[choices.below(open.count)])
    }

    private func backendAnswers() {
        withBackend { backend in
            guard let request = nextRequest(of: backend) else { return }
            backend.answered += 1
            backend.line.pending += script.answer(to: request, &choices)
            backend.line.send(atMost: choices.once(in: 3) ? choices.below(256) : .max)
        }
    }

    /// What was held back goes out. A request that is there by now can have no other answer.
    private func backendGoesOn() {
        withBackend { backend in
            look(at: backend)
            backend.line.send(atMost: 1 + Int(choices.byte()) * 8)
        }
    }

    /// The first request that was not answered yet, as far as it came.
    func nextRequest(of backend: Backend) -> StrictRequest? {
        look(at: backend)
        var reader = StrictReader(backend.line.received, isLastHop: true)
        for number in 0... {
            guard case .request(let request, _) = reader.request() else { return nil }
            if number == backend.answered { return request }
        }
        return nil
    }

    /// Takes in all that came, and notes how much had been said before each request was there.
    func look(at backend: Backend) {
        backend.line.receive()
        var reader = StrictReader(backend.line.received, isLastHop: true)
        var count = 0
        while case .request(let request, _) = reader.request() {
            count += 1
            if count > backend.sentBefore.count + 1 {
                backend.sentBefore.append(backend.line.sent.count)
            }
            if request.upgrade != nil { return }
        }
    }

    private func backendLeaves() {
        withBackend { backend in
            look(at: backend)
            switch choices.below(3) {
            case 0: backend.line.close()
            case 1: backend.line.endSending()
            default: backend.line.reset()
            }
        }
    }

    private func backendSpeaksUnasked() {
        withBackend { backend in
            look(at: backend)
            let words = [
                "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", "\r\n", "HTTP/1.1 ",
                "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\n",
            ]
            let text = Array(choices.one(of: words).utf8)
            backend.line.pending += choices.once(in: 4) ? choices.bytes(16) : text
            backend.line.send()
        }
    }

    private func changeWeights() {
        weights = choices.one(of: [[2, 1], [1, 0], [0, 1], [1, 1], [99, 1]])
        let lanes = ["x", "y"].map { foundation.registry.lane(split: "kong", upstream: $0) }
        let values = weights.map { Weight(hundredths: $0 * 100) ?? .zero }
        let change = LaneWeights(
            split: foundation.registry.split("kong"),
            weights: Dictionary(uniqueKeysWithValues: zip(lanes, values)))
        tell(.weights([change], acknowledge: {}))
    }

    /// A target leaves its upstream, or comes back: a reload.
    private func changeTargets() {
        let target = choices.below(Self.targetCount)
        isListed[target].toggle()
        apply()
    }

    private func drain() {
        isDraining = true
        tell(.drain(reply: { _ in }))
    }
}
