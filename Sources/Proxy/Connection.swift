internal import Addressing
internal import Bytes
internal import HTTP
internal import HTTP2
internal import Kernel
internal import TLS

/// One TCP connection of a worker, to a client or to a target, in the worker's slab; or one stream
/// of a connection with HTTP/2, which is used like a connection for one request.
///
/// While nothing goes on it is all that the connection costs: it holds no buffer.
struct Connection: ~Copyable {
    enum Side {
        case downstream
        case upstream
        /// To a target too, but for a check of its health: part of no pool and of no exchange.
        case probe
    }

    struct Flags: OptionSet {
        let rawValue: UInt16

        /// Something waits to be read: no event comes for it until a read would block.
        static let readable = Flags(rawValue: 1 << 0)
        /// A write would block: an event comes when it would not.
        static let writeBlocked = Flags(rawValue: 1 << 1)
        /// The peer has ended its side.
        static let peerEnded = Flags(rawValue: 1 << 2)
        /// The connection attempt is under way.
        static let connecting = Flags(rawValue: 1 << 3)
        /// The last answer is out and ours is the turn to close: what still comes is read and
        /// thrown away, so that no reset overtakes the answer (RFC 9112 section 9.6).
        static let lingering = Flags(rawValue: 1 << 4)
        /// It stands in the list of those that go on in the next turn.
        static let deferred = Flags(rawValue: 1 << 5)
        /// It waits in its target's pool.
        static let pooled = Flags(rawValue: 1 << 6)
        /// The first bytes of a head are here.
        static let headBegan = Flags(rawValue: 1 << 7)
        /// The trailers of the body that comes in have begun to go out.
        static let inTrailers = Flags(rawValue: 1 << 8)
        /// A write has failed. The system tells an error once: the end that reading finds
        /// afterwards is none (tcp(7)).
        static let broken = Flags(rawValue: 1 << 9)
        /// The peer has ended its connection without saying so in its session of TLS.
        static let cut = Flags(rawValue: 1 << 10)
        /// So much comes from it that its bytes go through a pipe.
        static let spliced = Flags(rawValue: 1 << 11)
        /// A header of the PROXY protocol stands at its beginning: a client's tells who the client
        /// is, and a target's is for one client only.
        static let announced = Flags(rawValue: 1 << 12)
        /// It carries streams, and has frames to send at the end of this turn.
        static let framesWaiting = Flags(rawValue: 1 << 13)
        /// Its last answer had no body: an upstream that sent one all the same does so late.
        static let bodiless = Flags(rawValue: 1 << 14)
        /// It carries streams and was asked for a sign of life; nothing has come since.
        static let asked = Flags(rawValue: 1 << 15)
    }

    let socket: Socket
    let side: Side
    var flags: Flags = []
    /// What still stands between the connection and its first request.
    var opening = Opening.done
    /// What makes records of its bytes; nil: they go as they are.
    var tls: TLSSession?
    /// The pipe that holds bytes which came from it, -1 for none.
    var pipe: Int16 = -1
    /// How many bytes must be here before the first message is worth looking at again.
    var awaitedCount: UInt16 = 0
    /// The exchange that has the connection, -1 for none.
    var exchange: Int32 = -1
    /// Bytes received and not yet passed on.
    var inbound: Buffer?
    /// Bytes that wait until the peer takes them.
    var outbound: Buffer?
    /// How far the message that comes in has been read.
    var body = BodyReader.none
    /// How the message that goes out is framed.
    var framing = OutgoingFraming.none
    /// How far an incomplete head was looked at.
    var scan = HeadScan()
    /// When the first bytes of an incomplete head came.
    var headBegan = Instant(nanoseconds: 0)

    // The client's side.
    /// The client's address: the connection's own, or the one that a trusted proxy announces.
    var client: IPAddress
    /// The id of the listener that accepted it.
    let listener: Int32
    /// What it was counted in, and is taken out of when it closes.
    var places: Places = []

    /// What carries streams over it; nil: it speaks HTTP/1.1.
    var http2: HTTP2Session?
    /// What makes it a stream of another connection, among the worker's streams; -1: it has a
    /// socket of its own.
    let stream: Int32

    // The upstream's side.
    /// The id of its target.
    let target: Int32
    /// Where it stands among those that carry streams to targets, -1: it carries none.
    var carriage: Int32 = -1
    /// Requests that it has carried.
    var carriedCount: UInt32 = 0
    /// Its neighbours in the target's pool, or those of a stream among the ones that wait for
    /// their carrier; -1 for none.
    var nextPooled: Int32 = -1
    var previousPooled: Int32 = -1

    /// Whether it is a stream of another connection.
    var isStream: Bool { stream >= 0 }

    /// A client's connection.
    init(from client: IPAddress, listener: Int, socket: consuming Socket) {
        self.socket = socket
        stream = -1
        self.client = client
        self.listener = Int32(listener)
        side = .downstream
        target = -1
        flags = .readable
    }

    /// A stream over a client's connection.
    init(stream: Int, from client: IPAddress, listener: Int32) {
        socket = .none
        self.stream = Int32(stream)
        self.client = client
        self.listener = listener
        side = .downstream
        target = -1
        flags = .readable
    }

    /// A stream over a connection to a target.
    init(stream: Int, to target: Int) {
        socket = .none
        self.stream = Int32(stream)
        self.target = Int32(target)
        client = IPAddress(bits: 0)
        listener = -1
        side = .upstream
        flags = []
    }

    /// A connection to a target; that of a probe belongs to none.
    init(to target: Int, socket: consuming Socket, side: Side = .upstream) {
        self.socket = socket
        stream = -1
        self.target = Int32(target)
        client = IPAddress(bits: 0)
        listener = -1
        self.side = side
        flags = [.connecting, .writeBlocked]
    }
}

/// What a new connection has to get over before its first request, in this order.
enum Opening: UInt8 {
    /// The header of the PROXY protocol, which a client's connection begins with and a target's is
    /// sent.
    case proxyHeader
    /// The first message of a TLS client, which names the server that it wants; it is passed on.
    case hello
    /// The handshake of TLS, where it ends or begins here.
    case handshake
    /// Nothing, and no request comes: a connection through a tcp listener goes to a target at once.
    case tcp
    /// Nothing: requests come, or may be sent.
    case done
}

/// How a message that comes in is framed, and how far it has been read.
enum BodyReader {
    /// No body, or all of it has been read.
    case none
    /// So many bytes are to come.
    case length(UInt64)
    case chunked(ChunkDecoder)
    /// All that comes belongs to it.
    case untilClose

    /// A chunked body is refused where it grows beyond `mostBytes`.
    init(_ framing: BodyFraming, keepsTrailers: Bool = true, mostBytes: UInt64 = .max) {
        switch framing {
        case .none: self = .none
        case .length(let count): self = count == 0 ? .none : .length(count)
        case .chunked:
            self = .chunked(ChunkDecoder(keepsTrailers: keepsTrailers, mostBytes: mostBytes))
        case .untilClose: self = .untilClose
        }
    }

    var hasEnded: Bool {
        if case .none = self { true } else { false }
    }
}

/// How a message that goes out is framed.
enum OutgoingFraming {
    /// It has no body.
    case none
    /// Its bytes go out as they are: their number is known, or the close ends them.
    case plain
    case chunked
}
