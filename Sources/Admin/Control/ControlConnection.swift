internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Watches how far one connection to the control API is, and closes it when its client takes too
/// long. What has come of a head is not seen here, so it gains its sender no time.
final class ControlConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let room: ControlRoom
    private let patience: ControlPatience
    private var stage = ControlStage.new
    private var timer: Scheduled<Void>?
    /// Requests whose head is here and whose answer has not gone out.
    private var openRequests = 0
    private var isReading = false
    /// Answers that have begun and are not with the kernel.
    private var openAnswers = 0
    private var isRemoved = false
    /// The answer goes on for as long as its client wants, and pieces of it that are not with the
    /// kernel yet.
    private var isStreaming = false
    private var openPieces = 0

    init(room: ControlRoom, patience: ControlPatience) {
        self.room = room
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        ControlHead.add(to: context)
        room.enter(context.channel)
        startTimer(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isRemoved = true
        timer?.cancel()
        timer = nil
        room.leave(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            openRequests += 1
            isReading = true
        case .body: break
        case .end: isReading = false
        }
        look(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind == .informational: break
        case .head(let head):
            openAnswers += 1
            isStreaming = head.headerFields[.contentType] == ControlServer.eventStream
        case .body where isStreaming:
            return writePiece(data, promise, context)
        case .body: break
        case .end:
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenComplete { [self] _ in
                openRequests -= 1
                openAnswers -= 1
                isStreaming = false
                look(context)
            }
            return context.write(data, promise: written)
        }
        look(context)
        context.write(data, promise: promise)
    }

    /// A piece of an answer without an end: for this one alone its client has the time that others
    /// have for the whole.
    private func writePiece(
        _ data: NIOAny, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) {
        openPieces += 1
        look(context)
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            openPieces -= 1
            look(context)
        }
        context.write(data, promise: written)
    }

    /// Sees what it waits for now; another wait has a time of its own.
    private func look(_ context: ChannelHandlerContext) {
        let now = stageNow
        guard now != stage, !isRemoved else { return }
        stage = now
        room.note(context.channel, now)
        startTimer(context)
    }

    private var stageNow: ControlStage {
        if isStreaming { return openPieces > 0 ? .taking : .streaming }
        if openAnswers > 0 { return .taking }
        if isReading { return .asking }
        return openRequests > 0 ? .served : .idle
    }

    private func startTimer(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = patience.time(for: stage).map { time in
            context.eventLoop.assumeIsolated().scheduleTask(in: time) {
                context.close(promise: nil)
            }
        }
    }
}
