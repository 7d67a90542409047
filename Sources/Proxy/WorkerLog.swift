internal import Bytes
internal import HTTP
internal import Kernel
internal import Settings

/// A worker's side of the access log: the records of exchanges under way, and the block that their
/// lines go into. While the log is off nothing here is used but `isOn`.
struct WorkerLog: ~Copyable {
    private(set) var isOn = false
    /// When the lines in the block are handed over at the latest; nil while there are none.
    private(set) var due: Instant?
    /// Lines that found no room.
    private(set) var droppedCount = 0
    /// At the exchanges' indices.
    var records = Table<LogRecord>(count: 0) { _ in LogRecord() }

    private var destination: AccessLog?
    private var lane: LogLane?
    private var format = AccessLogSettings.Format.json
    private var names = LogNames()
    private var block: Buffer?
    private var lineCount = 0
    /// No block was to be had: no line is written before.
    private var pausedUntil = Instant(nanoseconds: 0)
    private var smallTexts = BufferPool(
        blockSize: LogLimits.smallTextBytes, limit: Limits.connections, keep: LogLimits.keptTexts)
    private var largeTexts = BufferPool(
        blockSize: LogLimits.largeTextBytes, limit: Limits.connections, keep: LogLimits.keptTexts)
    /// The wall clock less the monotonic one, and when it is looked at again.
    private var clockOffset: Int64 = 0
    private var clockIsGoodUntil = Instant(nanoseconds: 0)

    /// Writes as a blueprint says from now on; what stands in the block goes where it was meant to.
    mutating func change(to plan: Blueprint.Log?, worker: Int) {
        if let plan { names = LogNames(plan.names) }
        if let plan, plan.destination === destination { return }
        leave()
        guard let plan else {
            for index in 0..<records.count { close(index) }
            return
        }
        destination = plan.destination
        lane = plan.destination.lanes[worker]
        format = plan.destination.settings.format
        pausedUntil = Instant(nanoseconds: 0)
        isOn = true
    }

    /// No more lines go to where they went so far.
    mutating func leave() {
        handOver()
        lane?.close()
        destination?.bell.raise()
        destination = nil
        lane = nil
        isOn = false
    }

    /// Hands the lines in the block to the writer.
    mutating func handOver() {
        due = nil
        guard let full = block.take() else { return }
        lane?.handOver(LogBatch(block: full, lines: lineCount))
        lineCount = 0
        destination?.bell.raise()
    }

    /// The time by the wall clock, in nanoseconds since 1970, of a moment before `now`.
    mutating func wallTime(of moment: Instant, now: Instant) -> Int64 {
        if now >= clockIsGoodUntil {
            clockOffset = WallClock.nanoseconds() - Instant.now().nanoseconds
            clockIsGoodUntil = now.advanced(byMilliseconds: 1_000)
        }
        return moment.nanoseconds &+ clockOffset
    }
}

/// Records of exchanges.
extension WorkerLog {
    /// Begins the record of an exchange whose head was parsed from `buffer`.
    mutating func open(
        _ exchange: Int, _ head: borrowing RequestHead, _ buffer: borrowing Buffer, id: RequestID
    ) {
        let bytes = buffer.bytes
        makeRoom(for: exchange)
        let (agent, referer) = head.agentAndReferer(bytes)
        let count =
            1 + max(32, head.requestIDRange.count)
            + min(head.methodRange.count, LogLimits.methodBytes)
            + min(head.pathRange.count, LogLimits.pathBytes)
            + min(head.hostRange.count, LogLimits.hostBytes)
            + min(agent.count, LogLimits.agentBytes) + min(referer.count, LogLimits.agentBytes)
        guard var block = takeTexts(count) else { return }
        var texts = LogTexts()
        texts.method = LogTexts.keep(
            bytes, head.methodRange, most: LogLimits.methodBytes, in: &block)
        texts.path = Self.keepPath(head, bytes, in: &block)
        texts.host = LogTexts.keep(bytes, head.hostRange, most: LogLimits.hostBytes, in: &block)
        texts.agent = LogTexts.keep(bytes, agent, most: LogLimits.agentBytes, in: &block)
        texts.referer = LogTexts.keep(bytes, referer, most: LogLimits.agentBytes, in: &block)
        if head.requestIDRange.isEmpty {
            texts.id = Self.keep(id, in: &block)
        } else {
            texts.id = LogTexts.keep(
                bytes, head.requestIDRange, most: RequestID.mostBytes, in: &block)
        }
        begin(exchange, texts, block)
    }

    mutating func makeRoom(for exchange: Int) {
        if exchange < records.count { return }
        records.grow(to: max(exchange + 1, records.count * 2)) { _ in LogRecord() }
    }

    /// Begins a record, whose texts lie in `block`.
    func begin(_ exchange: Int, _ texts: LogTexts, _ block: consuming Buffer) {
        records[exchange] = LogRecord()
        records[exchange].isOpen = true
        records[exchange].texts = texts
        records[exchange].block = consume block
    }

    /// Writes the line of an exchange and ends its record. `facts` are what the exchange itself
    /// knows; `breach` says why it was broken off, if it was and nothing else was noted.
    mutating func end(
        _ exchange: Int, _ facts: LogFacts, breach: StaticString?, now: Instant
    ) {
        guard let block = records[exchange].block.take() else { return close(exchange) }
        var facts = facts
        facts.texts = records[exchange].texts
        facts.bytesSent = max(0, records[exchange].bytesToClient)
        facts.bytesReceived = max(0, records[exchange].bytesToUpstream)
        facts.retries = max(0, records[exchange].attempts - 1)
        let firstByte = records[exchange].firstByteNanoseconds
        facts.firstByteNanoseconds = firstByte < 0 ? nil : UInt64(firstByte)
        facts.error = records[exchange].ownKind
        if facts.error == nil, let breach { facts.error = records[exchange].trouble ?? breach }
        add(facts, block, now: now)
        giveBack(block)
        close(exchange)
    }

    /// Writes the line of a request that was refused before it became an exchange: `buffer` has
    /// what came of it.
    mutating func add(
        refused facts: LogFacts, _ buffer: borrowing Buffer, id: borrowing Buffer, now: Instant
    ) {
        let bytes = buffer.bytes
        guard var block = takeTexts(LogLimits.largeTextBytes) else { return }
        var facts = facts
        let line = RequestHead.guessRequestLine(bytes)
        facts.texts.method = LogTexts.keep(
            bytes, line.method, most: LogLimits.methodBytes, in: &block)
        facts.texts.path = LogTexts.keep(bytes, line.target, most: LogLimits.pathBytes, in: &block)
        facts.texts.id = LogTexts.keep(
            id.bytes, ByteRange(0, id.count), most: RequestID.mostBytes, in: &block)
        add(facts, block, now: now)
        giveBack(block)
    }

    /// An absolute target without a path asks for `/`, or for the server itself.
    private static func keepPath(
        _ head: borrowing RequestHead, _ bytes: Span<UInt8>, in block: inout Buffer
    ) -> LogTexts.Piece {
        let path = head.pathRange
        let start = block.count
        if path.isEmpty, head.method == .options {
            block.append("*")
        } else if path.isEmpty || bytes[path.start] == UInt8(ascii: "?") {
            block.append("/")
        }
        var piece = LogTexts.keep(bytes, path, most: LogLimits.pathBytes, in: &block)
        piece.start = UInt16(truncatingIfNeeded: start)
        return piece
    }

    static func keep(_ id: RequestID, in block: inout Buffer) -> LogTexts.Piece {
        let start = block.count
        id.append(to: &block)
        return LogTexts.Piece(
            start: UInt16(truncatingIfNeeded: start), end: UInt16(truncatingIfNeeded: block.count))
    }

    private mutating func close(_ exchange: Int) {
        records[exchange].isOpen = false
        if let block = records[exchange].block.take() { giveBack(block) }
    }

    mutating func takeTexts(_ count: Int) -> Buffer? {
        count <= LogLimits.smallTextBytes ? smallTexts.take() : largeTexts.take()
    }

    private mutating func giveBack(_ texts: consuming Buffer) {
        texts.removeAll()
        if texts.capacity == LogLimits.smallTextBytes {
            smallTexts.give(texts)
        } else {
            largeTexts.give(texts)
        }
    }
}

/// Lines.
extension WorkerLog {
    /// Adds a line to the block; one that finds no room is dropped.
    private mutating func add(_ facts: LogFacts, _ texts: borrowing Buffer, now: Instant) {
        let most = LogLine.space(textCount: texts.count, names)
        guard var lines = takeBlock(withRoomFor: most, now: now) else {
            droppedCount += 1
            return
        }
        LogLine.append(facts, texts.bytes, names, as: format, to: &lines)
        block = consume lines
        lineCount += 1
        if due == nil { due = now.advanced(byMilliseconds: LogLimits.delayMilliseconds) }
    }

    private mutating func takeBlock(withRoomFor count: Int, now: Instant) -> Buffer? {
        if let current = block.take() {
            if current.space >= count { return current }
            block = consume current
            handOver()
        }
        guard now >= pausedUntil else { return nil }
        if let free = lane?.takeFree() { return free }
        pausedUntil = now.advanced(byMilliseconds: LogLimits.pauseMilliseconds)
        return nil
    }
}
