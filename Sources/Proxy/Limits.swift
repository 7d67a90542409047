internal import Settings

/// The data plane's limits, each with its reason.
enum Limits {
    /// Events taken from epoll at once: enough that a busy worker seldom waits, few enough that a
    /// turn stays short.
    static let eventsPerTurn = 64
    /// Connections accepted in one turn, so that a burst of them does not hold up the others.
    static let acceptsPerTurn = 32
    /// Deadlines judged in one turn: thousands may be over at once when a crowd came at once, and
    /// each may cost an answer and a close.
    static let expiriesPerTurn = 32
    /// Bytes passed on for one connection in one turn: about half a millisecond of copying.
    static let bytesPerTurn = 512 * 1024
    /// The size of a block. A head must fit into one, and large bodies want few system calls.
    static let blockBytes = 64 * 1024
    /// Free blocks that a worker keeps, 16 MiB of them.
    static let keptBlocks = 256
    /// The plain text of a record of TLS (RFC 8446 section 5.1).
    static let recordBytes = 16 * 1024
    /// Plain text that is made records of at once: with their frames, three records fit a block.
    static let plainBytesPerSend = 3 * recordBytes
    /// Room for the records of all that is ever sent at once.
    static let recordSpace = 2 * scratchBytes + plainBytesPerSend + 64 * 1024
    /// Up to so many bytes of a body are copied behind the head that goes out with them: below
    /// this, one copy costs less than a gathering write.
    static let copiedBytes = 4 * 1024
    /// So much of a connection through a tcp listener is copied before a pipe is worth its calls.
    /// Measured by processor time of a relay on loopback: what comes in one go costs the same both
    /// ways from 16 to 24 KiB, through a pipe 5 % less at 32 KiB, 15 % less at 48 KiB and half at
    /// 96 KiB; at 8 KiB it costs 15 % more.
    static let copiedBeforeSplice = 16 * 1024
    /// A pipe goes on being used while so many bytes went through it at once.
    static let splicedBytes = 16 * 1024
    /// Pipes of a worker: the system lets a user have little memory in pipes.
    static let pipes = 64
    /// The size of a pipe, if the system lets it be. Measured as above, for streams: with 64 KiB
    /// (the system's preset) they cost 1.3 times as much as with 256 KiB, with 1 MiB 5 to 10 %
    /// less, for four times the memory; copied 2.5 times as much.
    static let pipeBytes = 256 * 1024
    /// Room for a head of the largest size, and for what is added to it.
    static let scratchBytes = 192 * 1024
    /// A field that holds the name of an upstream.
    static let exposedLineBytes = 128
    /// Exchanges that go on in one turn after they waited for a place at a target.
    static let admissionsPerTurn = 64
    /// A worker gives a place to its own queue, unless the first of another one has waited so much
    /// longer: messages cost, and a few milliseconds more or less are no injustice.
    static let queueSlackNanoseconds: UInt64 = 10_000_000
    /// Idle connections that one worker keeps to one target.
    static let pooledPerTarget = 1024
    /// Streams that one connection to a target carries at most, whatever the target allows: more
    /// of them share another one.
    static let streamsPerCarrier = 128
    /// Room for what a target's head is given besides: the words of its status, or the lines of an
    /// agreement to change to another protocol, whose name is no longer than this.
    static let firstLineBytes = 512
    static let protocolNameBytes = 64
    /// Connections with streams that one worker has to one target.
    static let carriersPerTarget = 128
    /// The window of a stream from a target grows so far where its bytes are read as fast as they
    /// come: a path of 50 ms brings 320 MB a second then.
    static let mostStreamWindow = 16 * 1024 * 1024
    /// It grows when half of it was read in less than this.
    static let windowGrowthMilliseconds: UInt64 = 125
    /// What all windows of a worker's streams have grown by at most: so much may wait for clients
    /// that were fast and are not any more.
    static let grownWindowBytes = 256 * 1024 * 1024
    /// The same of streams from clients, which are trusted with less: a path of 50 ms takes 80 MB a
    /// second up. They leave the better part of what all have grown by to those from targets.
    static let mostClientWindow = 4 * 1024 * 1024
    static let grownClientWindowBytes = 64 * 1024 * 1024
    /// The longest request of a check: more than any server takes as its head.
    static let probeRequestBytes = 64 * 1024
    /// What is kept of the body of an answer to a check; Kong's own have about 1,150 bytes.
    static let probeBodyBytes = 64 * 1024
    /// What is read for one check at most: a head of the largest size and such a body, in chunks.
    static let probeBytes = 256 * 1024
    /// A worker reports a target's failures once in so long.
    static let reportPauseMilliseconds = 1_000
    /// A worker tells of refusals by one listener's guard once in so long.
    static let guardPauseMilliseconds = 100
    /// A worker tells of openings that fail, of one kind at one place, once in so long.
    static let openingPauseMilliseconds = 10_000
    /// So many of these reports wait for the judge of health.
    static let keptReports = 1_024
    /// How long a client may take to close after the last answer.
    static let lingerMilliseconds = 2_000
    /// A client of HTTP/2 that is told that its connection closes may send requests so long: they
    /// were on their way.
    static let goAwayMilliseconds = 500
    /// Room for a chunk of one byte: its frame is made where the chunk is read.
    static let chunkBytes = 64
    /// Clients that a worker lets close after they were turned away; those above are closed at
    /// once, so that a flood of them takes no descriptors from others.
    static let turnedAway = 128
    /// After a failed accept (no descriptors are left, say) the listener rests so long.
    static let acceptPauseMilliseconds = 100
    /// Descriptors that connections leave for the control plane, so that a rollback works when
    /// traffic has taken all others.
    static let reservedDescriptors = 64
    /// Connections a worker can hold; no more can be had where descriptors end at 2^20.
    static let connections = 1 << 20
    /// How soon a vanished peer of a tunnel is found: in a fifth of the time that a tunnel may be
    /// silent, at most two minutes, which no working network takes to come back; at least five
    /// seconds, as packets are lost and sent again.
    static func deadPeerSeconds(ofTunnel timeouts: ListenerTimeouts) -> Int {
        min(max(timeouts.tunnelMilliseconds / 5_000, 5), 120)
    }
    /// A worker hands a new connection over when it has so many more than the least busy one.
    static let imbalance = 4
}
