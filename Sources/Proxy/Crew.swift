internal import Bytes
internal import Kernel
internal import Reactor

/// What the workers of one process share: each other's mailboxes, how busy each is, and how many
/// descriptors are left. Touched per connection, not per request.
final class Crew: Sendable {
    let mailboxes: [Mailbox<WorkerMessage>]
    /// Who is told of targets that fail; nil while nobody listens.
    let failureHandler = Lock<(@Sendable (PostedFailure) -> Void)?>(nil)
    /// Who is told of requests that guards refuse; nil while nobody listens.
    let guardHandler = Lock<(@Sendable (PostedRefusal) -> Void)?>(nil)
    /// Who is told of openings that fail; nil while nobody listens.
    let openingHandler = Lock<(@Sendable (PostedOpening) -> Void)?>(nil)
    /// How many client connections each worker has.
    private let loads: [SharedCounter]
    /// The sockets that all workers have open.
    private let openSockets = SharedCounter()
    private let socketLimit: UInt64
    private let clientLimit: UInt64

    /// `descriptors`: how many the process may have open.
    init(workers: Int, descriptors limit: Int = DescriptorLimit.current) throws(Errno) {
        var mailboxes: [Mailbox<WorkerMessage>] = []
        for _ in 0..<workers { mailboxes.append(try Mailbox()) }
        self.mailboxes = mailboxes
        loads = (0..<workers).map { _ in SharedCounter() }
        socketLimit = UInt64(max(limit - Limits.reservedDescriptors, 16))
        clientLimit = socketLimit - max(socketLimit / 8, 4)
    }

    /// Counts a socket that is about to be opened; false, and not counted, when the descriptors
    /// that connections may take are gone. Clients leave some to the connections that their
    /// requests need.
    func takeDescriptor(for side: Connection.Side) -> Bool {
        let limit = side == .downstream ? clientLimit : socketLimit
        if openSockets.add(1) < limit { return true }
        openSockets.subtract(1)
        return false
    }

    func giveDescriptorBack() { openSockets.subtract(1) }

    func connectionOpened(by worker: Int) { _ = loads[worker].add(1) }

    func connectionClosed(by worker: Int) { loads[worker].subtract(1) }

    /// How many client connections each worker has.
    var connectionCounts: [Int] { loads.map { Int($0.value) } }

    /// The worker that a connection just accepted by `worker` should go to, which is the same one
    /// unless another has clearly fewer.
    func home(forConnectionOf worker: Int) -> Int {
        guard loads.count > 1 else { return worker }
        var least = worker
        var leastLoad = loads[worker].value
        let mine = leastLoad
        for other in loads.indices where loads[other].value < leastLoad {
            least = other
            leastLoad = loads[other].value
        }
        let slack = UInt64(Limits.imbalance) + leastLoad / 16
        return mine > leastLoad + slack ? least : worker
    }
}
