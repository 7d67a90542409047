internal import NIOCore
internal import NIOHTTP1

/// Sees the heads of requests as they were sent, before what knows no versions and no whole
/// addresses of targets takes them.
final class ControlHead: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    /// Puts one right behind what reads the heads.
    static func add(to context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        guard
            let reader = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        else { return }
        try? pipeline.addHandler(ControlHead(), position: .after(reader))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else {
            return context.fireChannelRead(data)
        }
        // HTTP/1.0 closes unless it is asked not to (RFC 9112 section 9.3).
        let words = head.headers[canonicalForm: "Connection"].map { $0.lowercased() }
        let isOld = head.version.major == 1 && head.version.minor == 0
        let isClosing = words.contains("close") || isOld && !words.contains("keep-alive")
        if isClosing { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        // The host of a whole address counts, and Host does not (RFC 9112 section 3.2.2). Two of
        // Host stay two.
        if let host = Self.host(of: head.uri), head.headers["Host"].count < 2 {
            head.headers.replaceOrAdd(name: "Host", value: host)
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// The host and the port of a whole address; nil for a path.
    static func host(of target: String) -> String? {
        guard !target.hasPrefix("/"), let mark = target.firstRange(of: "://") else { return nil }
        return String(target[mark.upperBound...].prefix { !"/?#".contains($0) })
    }
}
