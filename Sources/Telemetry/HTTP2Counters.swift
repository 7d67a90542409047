/// What HTTP/2 clients were refused.
package enum HTTP2Refusal: Int, CaseIterable, Sendable {
    // These end the connection.
    /// What came breaks the rules.
    case broken
    /// More streams were reset than may be.
    case resets
    /// A head had more CONTINUATION frames than it may have.
    case continuations
    /// Frames came that ask for work and carry nothing.
    case flood
    /// There was no memory.
    case memory
    /// They gave no sign of life.
    case silent
    // These end one stream.
    /// There were more streams than there may be.
    case streams
    /// A head was too large.
    case head
    /// A message broke the rules.
    case malformed

    /// Whether the whole connection ended.
    package var endsConnection: Bool { rawValue < Self.streams.rawValue }

    /// As metrics tell it.
    package var label: String {
        switch self {
        case .broken: "protocol"
        case .resets: "resets"
        case .continuations: "continuations"
        case .flood: "flood"
        case .memory: "memory"
        case .silent: "silent"
        case .streams: "streams"
        case .head: "head"
        case .malformed: "malformed"
        }
    }
}

/// How often each of them happened since the start.
package struct HTTP2Counters: Sendable, Equatable {
    private var counts = [Int](repeating: 0, count: HTTP2Refusal.allCases.count)

    /// Nothing yet.
    package init() {}

    /// The number of one kind.
    package subscript(_ kind: HTTP2Refusal) -> Int {
        get { counts[kind.rawValue] }
        set { counts[kind.rawValue] = newValue }
    }

    mutating func merge(_ other: HTTP2Counters) {
        for kind in HTTP2Refusal.allCases { self[kind] += other[kind] }
    }
}
