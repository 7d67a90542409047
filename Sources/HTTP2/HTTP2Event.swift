/// What came of the bytes that a session was fed.
package enum HTTP2Event: Equatable, Sendable {
    /// A message begins. Its head stands in the workspace's `text`, as HTTP/1.1 writes it.
    case head(HTTP2StreamID, endsStream: Bool)
    /// Some of a message's body: so many bytes of what was fed, from an offset on.
    case body(HTTP2StreamID, from: Int, count: Int)
    /// A message has ended with these trailers, which stand in the workspace's `text`.
    case trailers(HTTP2StreamID)
    /// A message has ended without trailers.
    case ended(HTTP2StreamID)
    /// A message's head has more bytes or fields than it may have. What comes of the stream
    /// afterwards is thrown away.
    case headTooLarge(HTTP2StreamID)
    /// The peer takes no new streams from us; what it has not begun stands above `last`.
    case goingAway(last: Int32, code: UInt32)
}

/// A stream, by its number and by what its owner calls it.
package struct HTTP2StreamID: Equatable, Sendable {
    /// Its number in the connection (RFC 9113 section 5.1.1).
    package let number: Int32
    /// The owner's own number for it, -1 while it has none.
    package let tag: Int32

    /// A stream by its number and its owner's.
    package init(number: Int32, tag: Int32) {
        self.number = number
        self.tag = tag
    }
}

/// A stream that is over, both ways.
package struct HTTP2Closed: Equatable, Sendable {
    /// Which one.
    package let stream: HTTP2StreamID
    /// Why (RFC 9113 section 7); 0 when both sides have ended.
    package let code: UInt32
}

/// Why a session came to its end.
package enum HTTP2Fault: Int, CaseIterable, Sendable {
    /// What came is not HTTP/2, or breaks its rules.
    case `protocol`
    /// The peer opens and resets streams as fast as it can (CVE-2023-44487).
    case resets
    /// A head of the peer has more CONTINUATION frames than it may have.
    case continuations
    /// It sends frames that ask for work and carry nothing.
    case flood
    /// There is no memory.
    case memory
    /// A frame of a head is longer than it may be.
    case frameSize

    /// What the peer is told.
    var code: UInt32 {
        switch self {
        case .protocol: HTTP2Code.protocol
        case .resets, .continuations, .flood: HTTP2Code.enhanceYourCalm
        case .memory: HTTP2Code.internalError
        case .frameSize: HTTP2Code.frameSize
        }
    }
}

/// What sessions have refused, since their workspace was made.
package struct HTTP2Counts: Equatable, Sendable {
    /// Sessions that came to their end, by their fault.
    package internal(set) var brokenRules = 0
    package internal(set) var resets = 0
    package internal(set) var continuations = 0
    package internal(set) var floods = 0
    package internal(set) var outOfMemory = 0
    /// Streams that were more than there may be.
    package internal(set) var refusedStreams = 0
    /// Heads that were larger than they may be.
    package internal(set) var largeHeads = 0
    /// Messages that broke the rules, and sent their stream to its end.
    package internal(set) var malformed = 0

    mutating func count(_ fault: HTTP2Fault) {
        switch fault {
        case .protocol, .frameSize: brokenRules += 1
        case .resets: resets += 1
        case .continuations: continuations += 1
        case .flood: floods += 1
        case .memory: outOfMemory += 1
        }
    }
}

/// The reasons that frames name (RFC 9113 section 7).
package enum HTTP2Code {
    /// Nothing went wrong.
    package static let none: UInt32 = 0
    /// The peer breaks the rules.
    package static let `protocol`: UInt32 = 1
    /// We failed.
    package static let internalError: UInt32 = 2
    /// The peer sent more than it may.
    package static let flowControl: UInt32 = 3
    /// A frame came for a stream whose end had come.
    package static let streamClosed: UInt32 = 5
    /// A frame is longer or shorter than it may be.
    package static let frameSize: UInt32 = 6
    /// The request was not begun: it may be sent again.
    package static let refusedStream: UInt32 = 7
    /// The stream is not needed any more.
    package static let cancel: UInt32 = 8
    /// What CONNECT led to failed.
    package static let connectError: UInt32 = 10
    /// The peer asks for too much work.
    package static let enhanceYourCalm: UInt32 = 11
}
