import Addressing
import Bytes
import Kernel
import Reactor
import Settings
import Splitting
import Telemetry

@testable import Proxy

/// A worker that is turned by hand, on real sockets and by a clock of the rehearsal's own, between
/// clients and upstreams of which each step is a choice. The same choices make the same rehearsal.
///
/// What is checked at the end: `Verdict` on all that was said; that nothing hangs as long as
/// everybody is patient; that nothing is left when everybody has gone; that the counters add up.
package final class Rehearsal {
    /// What outlives a rehearsal: counters that are never freed, and descriptors.
    struct Ground: Sendable {
        let crew: Crew
        let sequence = SharedCounter()

        init() throws(Errno) { crew = try Crew(workers: 1) }

        /// One for all rehearsals of a fuzzer, which looks for memory that is lost.
        static let lasting = try? Ground()
    }

    /// A client, and the answers to it.
    struct Client {
        let address: UInt16
        let line: Line
        /// It reads and sends all it can until the end, unless it went away.
        var isListening: Bool { line.isOpen && !line.wasReset }
    }

    /// A connection that the worker has made to a target.
    final class Backend {
        let line: Line
        let target: Int
        var answered = 0
        var sentBefore: [Int] = []
        /// How it was when everything that could be done at it had been done.
        var atRest: State?

        init(_ line: Line, target: Int) {
            self.line = line
            self.target = target
        }
    }

    static let targetCount = 3
    static let clientsAtOnce = 3

    let ground: Ground
    var worker: Worker
    var clock: Instant
    var choices: Choices
    var script = Script()
    var faults: [String] = []

    var foundation = Foundation(workerCount: 1)
    var ports: [UInt16] = []
    private var doors: [Door] = []
    private let port: UInt16
    var weights: [UInt32] = [2, 1]
    /// Which of the targets the blueprint has.
    var isListed = [true, true, true]

    var clients: [Client] = []
    /// The indices of the clients that still do something.
    var current: [Int?]
    var backends: [Backend] = []
    var isDraining = false

    /// Plays what the bytes decide, and tells what was wrong.
    package static func faults(playing bytes: [UInt8]) -> [String] {
        guard let ground = Ground.lasting else { return ["no ground"] }
        return faults(playing: bytes, on: ground).faults
    }

    static func faults(
        playing bytes: [UInt8], on ground: Ground
    ) -> (faults: [String], verdict: Verdict?) {
        guard let rehearsal = try? Rehearsal(bytes, ground) else { return ([], nil) }
        let verdict = rehearsal.play()
        return (rehearsal.faults + verdict.faults, verdict)
    }

    init(_ bytes: [UInt8], _ ground: Ground) throws(Errno) {
        self.ground = ground
        choices = Choices(bytes)
        current = Array(repeating: nil, count: Self.clientsAtOnce)
        ground.sequence.subtract(ground.sequence.value)
        worker = Worker(
            number: 0, crew: ground.crew, epoll: try Epoll(batchSize: Limits.eventsPerTurn),
            alarm: try Alarm())
        worker.random = FastRandom(seed: 1)
        clock = worker.now
        let any = SocketAddress(version4: 0x7f00_0001, port: 0)
        let socket = try ListeningSocket.listen(on: any, sharesPort: true)
        let address = socket.localAddress() ?? any
        port = address.port
        foundation.bound = [BoundListener(name: "api", address: address)]
        foundation.seeds["kong"] = Foundation.Seed(
            id: foundation.registry.split("kong"), sequence: ground.sequence, seed: 7)
        for _ in 0..<Self.targetCount {
            let door = try Door(port: 0)
            doors.append(door)
            ports.append(door.port)
        }
        let descriptor = socket.release()
        apply(opening: [
            HandedListener(
                listener: foundation.registry.listener("api"), descriptor: descriptor,
                isShared: false)
        ])
    }

    private func play() -> Verdict {
        settle()
        for _ in 0..<400 where !choices.isOver { move() }
        calmDown()
        let verdict = Verdict(
            clients: clients.map(\.ledger), upstreams: backends.map(\.ledger))
        leave()
        checkCounters(verdict)
        return verdict
    }

    /// Turns the worker until it has nothing to do.
    func settle() {
        for _ in 0..<2_000 {
            let count = worker.epoll.wait(milliseconds: 0)
            if count == 0, worker.deferred.isEmpty { return }
            turn(count)
        }
        faults.append("the worker has always something to do")
    }

    /// One turn; `meanwhile` happens when the worker knows its events already.
    func turnOnce(_ meanwhile: () -> Void = {}) {
        let count = worker.epoll.wait(milliseconds: 0)
        meanwhile()
        turn(count)
    }

    private func turn(_ count: Int) {
        clock = clock.advanced(byMilliseconds: 1)
        worker.turn(count, at: clock)
        for target in doors.indices {
            while let line = doors[target].next() {
                backends.append(Backend(line, target: target))
            }
        }
    }

    func letTimePass(milliseconds: Int) {
        clock = clock.advanced(byMilliseconds: milliseconds)
        turnOnce()
    }

    func connect(_ slot: Int) {
        // 127.1.x.y: never the address of anything else here.
        let address = UInt16(0x0100 + clients.count + 1)
        guard let line = Line(from: address, to: port) else { return }
        current[slot] = clients.count
        clients.append(Client(address: address, line: line))
    }

    func close(door target: Int) { doors[target].close() }

    func open(door target: Int) {
        guard !doors[target].isOpen, let door = try? Door(port: ports[target]) else { return }
        doors[target] = door
    }

    /// Tells the worker what to run.
    func apply(opening: [HandedListener] = []) {
        let members = [[0, 1], [2]].map { $0.filter { isListed[$0] } }
        let names = ["x", "y"]
        let snapshot = Snapshot(
            listeners: [
                ListenerSettings(name: "api", address: Self.setting(port), split: "kong")
            ],
            upstreams: zip(names, members).map { name, targets in
                UpstreamSettings(
                    name: name,
                    targets: targets.map { TargetSettings(address: Self.setting(ports[$0])) })
            },
            splits: [
                SplitSettings(
                    name: "kong", members: names,
                    weights: weights.map { Weight(hundredths: $0 * 100) ?? .zero }, stable: "x")
            ])
        let addresses = Dictionary(
            uniqueKeysWithValues: zip(names, members).map { name, targets in
                (name, targets.map { [SocketAddress(version4: 0x7f00_0001, port: ports[$0])] })
            })
        foundation.upstreams = snapshot.upstreams
        let blueprint = Blueprint(snapshot, addresses, &foundation)
        ground.crew.mailboxes[0].leave(.run(blueprint, opening: opening, acknowledge: {}))
    }

    func tell(_ message: WorkerMessage) { ground.crew.mailboxes[0].leave(message) }

    private static func setting(_ port: UInt16) -> AddressSetting {
        AddressSetting(host: .ip(IPAddress(ipv4: 0x7f00_0001)), port: port)
    }
}

/// A port on which a target listens, or refuses.
private final class Door {
    private var socket: ListeningSocket?
    let port: UInt16

    init(port: UInt16) throws(Errno) {
        let wanted = SocketAddress(version4: 0x7f00_0001, port: port)
        let socket = try ListeningSocket.listen(on: wanted, sharesPort: false)
        self.port = socket.localAddress()?.port ?? 0
        self.socket = consume socket
    }

    var isOpen: Bool { socket != nil }

    func close() { socket = nil }

    func next() -> Line? {
        guard let accepted = socket?.accept() else { return nil }
        guard case .connection(let socket, _) = consume accepted else { return nil }
        return Line(socket)
    }
}

extension Rehearsal.Client {
    var ledger: ClientLedger {
        ClientLedger(
            address: "127.0.\(address >> 8).\(address & 255)", sent: line.sent,
            received: line.received, endedInOrder: line.end.map { $0 == .ended },
            isListening: isListening)
    }
}

extension Rehearsal.Backend {
    /// What decides about what is to be done next.
    struct State: Equatable {
        let sent: Int
        let received: Int
        let answered: Int
        let end: Line.End?
        let isPending: Bool

        init(_ backend: Rehearsal.Backend) {
            let line = backend.line
            (sent, received) = (line.sent.count, line.received.count)
            (answered, end, isPending) = (backend.answered, line.end, !line.pending.isEmpty)
        }
    }

    var ledger: UpstreamLedger {
        UpstreamLedger(
            received: line.received, sent: line.sent,
            hasEnded: line.hasEndedInOrder, sentBefore: sentBefore)
    }
}
