/// What a session lets its peer do.
package struct HTTP2Limits: Sendable, Equatable {
    /// Streams that the peer may have open at once.
    package var streams: UInt32 = 128
    /// Bytes of one message's body that may wait here.
    package var streamWindow: Int32 = 65_535
    /// Bytes of all bodies together that may be on their way here: what came does not count.
    package var connectionWindow: Int32 = 8 << 20
    /// The bytes of a head, each line with its separators, and the number of its fields.
    package var headBytes = 64 * 1024 - 1
    package var fields = 200
    /// CONTINUATION frames that a head may have.
    package var continuations = 8
    /// Frames without use (PING, SETTINGS, PRIORITY, empty DATA, WINDOW_UPDATE, unknown ones) that
    /// may come at once, and how many more for each message, and for each frame of a body that the
    /// peer takes.
    package var credits = 1_000
    package var creditsPerMessage = 16
    package var creditsPerFrame = 4
    /// How many may be saved up: a peer that reads nothing for a while may have many frames of
    /// bodies waiting in its system, and answers all of them at once.
    package var savedCredits = 20_000
    /// Only frames of bodies with so many bytes, and those that end what there is, bring credits:
    /// who takes a body by fewer at a time wants work and no body (CVE-2019-9511).
    package var creditedBytes = 64
    /// Streams that the peer may reset at once, and how many each second afterwards. Streams count
    /// too that we reset because of what it sent.
    package var resetBurst = 256
    package var resetsPerSecond = 64

    package init() {}

    /// What a target of ours may do: it is trusted with more than a client, and what it sends comes
    /// from far away. The window of its connection never is what holds it up.
    package static var ofTargets: HTTP2Limits {
        var limits = HTTP2Limits()
        limits.streamWindow = 256 * 1024
        limits.connectionWindow = 1 << 30
        limits.continuations = 64
        limits.credits = 20_000
        return limits
    }
}
