internal import Kernel
internal import NIOCore

/// A client's connection: takes requests one after the other and answers them in their order.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// Before or inside a head.
        case head
        /// Inside a body that has to be whole before the answer.
        case body
        /// The answer is on its way.
        case answering
        /// It has been sent, but the request's body has not been read to its end.
        case discarding
        /// Everything goes back as it came.
        case echoing
        /// Closed for writing; what still comes is thrown away.
        case lingering
        case closed
    }

    private static let mostPending = 1 << 20

    private let life: NodeLife
    private let door: NodeLife.Door
    private let worker: NodeWorker
    private var context: ChannelHandlerContext?
    private var phase = Phase.head
    private var input = ByteBuffer()
    private var heads = HeadReader()
    private var head: RequestHead?
    private var course: NodeLife.Course?
    private var body = BodyReader(.none)
    private var served = 0
    private var isDraining = false
    private var isAdvancing = false
    private var isReading = true
    private var isInsideHead = false
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture
    private var answer: Scheduled<Void>?
    /// What came up while the node was frozen.
    private var held: (() -> Void)?
    private var lastWrite: EventLoopFuture<Void>?

    init(_ life: NodeLife, _ door: NodeLife.Door, worker: NodeWorker) {
        (self.life, self.door, self.worker) = (life, door, worker)
    }

    private var times: KongTimes { life.shared.times }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        life.add(self)
        wait(times.head)
        // Accepted, but the listener has been closed meanwhile.
        if life.isStopping { drain() }
        if life.isFrozen { freeze(true) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .lingering, phase != .closed else { return }
        var new = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = new } else { input.writeBuffer(&new) }
        if !life.isFrozen { advance() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        adjustReading()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) { forget() }

    func handlerRemoved(context: ChannelHandlerContext) { forget() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func forget() {
        phase = .closed
        timer?.cancel()
        answer?.cancel()
        (timer, answer, held, context, lastWrite) = (nil, nil, nil, nil, nil)
        input = ByteBuffer()
        life.remove(self)
    }

    /// Ends now if nothing is under way, else behind the answer. A tunnel goes on.
    func drain() {
        isDraining = true
        if phase == .head, !heads.isInside, input.readableBytes == 0 { close() }
    }

    /// Ends now, whatever is under way.
    func cut() { context?.close(promise: nil) }

    func freeze(_ isFrozen: Bool) {
        adjustReading()
        guard !isFrozen else { return }
        if let held {
            self.held = nil
            held()
        }
        advance()
        setTimer()
    }

    private func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer {
            isAdvancing = false
            adjustReading()
        }
        do throws(RequestFault) {
            while try step() {}
        } catch {
            refuse(error)
        }
    }

    /// Whether there may be more to do.
    private func step() throws(RequestFault) -> Bool {
        switch phase {
        case .head:
            guard input.readableBytes > 0 else { return false }
            guard let head = try heads.take(&input) else {
                // From the first byte of a head on there is one time for all of it.
                if !isInsideHead { wait(times.head) }
                isInsideHead = true
                return false
            }
            isInsideHead = false
            begin(head)
            return true
        case .body:
            try body.take(&input)
            wait(times.body)
            guard body.isOver, let head, let course else { return false }
            send(life.reply(to: head, body, course))
            return true
        case .answering:
            // What belongs to the request makes room; the next one waits.
            try body.take(&input)
            return false
        case .discarding:
            try body.take(&input)
            guard body.isOver else { return false }
            next()
            return true
        case .echoing:
            guard input.readableBytes > 0 else { return false }
            wait(times.tunnel)
            write(input)
            input = ByteBuffer()
            return false
        case .lingering, .closed:
            return false
        }
    }

    private func begin(_ head: RequestHead) {
        served += 1
        self.head = head
        body = BodyReader(head.framing)
        if door == .proxy { life.shared.counts.withLock { $0.requests += 1 } }
        if head.wantsContinue, head.framing != .none {
            write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
        }
        switch life.begin(head, at: door, worker, peer: peer) {
        case .answer(let reply): send(reply)
        case .read(let course):
            self.course = course
            phase = .body
            wait(times.body)
        }
    }

    private var peer: String { context?.remoteAddress?.ipAddress ?? "127.0.0.1" }

    private func next() {
        (head, course) = (nil, nil)
        phase = .head
        wait(times.idle)
    }

    /// A broken request gets its answer, and the connection ends.
    private func refuse(_ fault: RequestFault) {
        guard phase == .head || phase == .body else { return close() }
        var reply = life.refusal(of: fault)
        reply.endsConnection = true
        send(reply)
    }

    private func send(_ reply: Reply) {
        phase = .answering
        deadline = .distantFuture
        guard reply.delay > .zero else { return write(reply) }
        later(reply.delay) { $0.write(reply) }
    }

    /// Not before the time has passed, and not while the node is frozen.
    private func later(_ delay: TimeAmount, _ action: @escaping (Connection) -> Void) {
        answer = life.loop.assumeIsolated().scheduleTask(in: delay) {
            self.answer = nil
            if self.life.isFrozen {
                self.held = { action(self) }
            } else {
                action(self)
            }
        }
    }

    private func write(_ reply: Reply) {
        let limit = life.requestsPerConnection
        let keepsAlive = !reply.endsConnection && served < limit && (head?.keepsAlive ?? false)
        let method = head?.method ?? "GET"
        let text = life.writer.head(reply, for: method, keepsAlive: keepsAlive)
        var bytes = ByteBuffer(string: text)
        switch reply.body {
        case .whole(let body):
            if method != "HEAD", reply.status != 204, reply.status != 304 {
                bytes.writeBytes(body)
            }
            write(bytes)
            finish(keepsAlive)
        case .chunks(let pieces, let every):
            write(bytes)
            if method == "HEAD" { return finish(keepsAlive) }
            send(pieces[...], every: every, keepsAlive)
        case .echo:
            write(bytes)
            phase = .echoing
            wait(times.tunnel)
            advance()
        }
    }

    private func send(_ pieces: ArraySlice<[UInt8]>, every: TimeAmount, _ keepsAlive: Bool) {
        guard let piece = pieces.first else {
            write(ByteBuffer(string: "0\r\n\r\n"))
            return finish(keepsAlive)
        }
        later(every) { connection in
            var bytes = ByteBuffer(string: String(piece.count, radix: 16) + "\r\n")
            bytes.writeBytes(piece)
            bytes.writeString("\r\n")
            connection.write(bytes)
            connection.send(pieces.dropFirst(), every: every, keepsAlive)
        }
    }

    private func finish(_ keepsAlive: Bool) {
        if isDraining, keepsAlive { return close() }
        guard keepsAlive else {
            // Who still sends must not lose the answer to a reset.
            return body.isOver && head != nil ? close() : linger()
        }
        if body.isOver {
            next()
        } else {
            phase = .discarding
            wait(times.body)
        }
        advance()
    }

    private func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        lastWrite = context.writeAndFlush(wrapOutboundOut(bytes))
    }

    private func close() {
        phase = .closed
        // Who does not take its answer is not waited for forever.
        wait(times.linger)
        afterLastWrite { $0.close(promise: nil) }
    }

    private func linger() {
        phase = .lingering
        input = ByteBuffer()
        wait(times.linger)
        afterLastWrite { $0.close(mode: .output, promise: nil) }
    }

    private func afterLastWrite(_ action: @escaping (ChannelHandlerContext) -> Void) {
        guard let context else { return }
        guard let lastWrite else { return action(context) }
        lastWrite.assumeIsolated().whenComplete { _ in
            if let context = self.context { action(context) }
        }
    }

    /// Moves the deadline; the timer follows when it fires.
    private func wait(_ time: Duration) {
        deadline = .now() + TimeAmount(time)
        if timer == nil || timerDeadline > deadline { setTimer() }
    }

    private func setTimer() {
        timer?.cancel()
        timer = nil
        guard deadline < .distantFuture, context != nil else { return }
        timerDeadline = deadline
        timer = life.loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            // A frozen node looks at its timers when it goes on.
            if !self.life.isFrozen { self.expire() }
        }
    }

    private func expire() {
        guard deadline <= .now() else { return setTimer() }
        switch phase {
        case .head, .body, .discarding, .echoing, .lingering, .closed:
            context?.close(promise: nil)
        case .answering: break
        }
    }

    private func adjustReading() {
        guard let context else { return }
        let isFull = phase == .answering && input.readableBytes > Self.mostPending
        let isBlocked = phase == .echoing && !context.channel.isWritable
        let reads = !life.isFrozen && !isFull && !isBlocked
        guard reads != isReading else { return }
        isReading = reads
        try? context.channel.syncOptions?.setOption(.autoRead, value: reads)
        if reads { context.read() }
    }
}
