/// What a session lets its peer do.
package struct HTTP2Limits: Sendable, Equatable {
    /// Streams that the peer may have open at once.
    package var streams: UInt32 = 128
    /// Bytes of one message's body that may wait here, and of all of a connection's together.
    package var streamWindow: Int32 = 65_535
    package var connectionWindow: Int32 = 1 << 20
    /// The bytes of a head, each line with its separators, and the number of its fields.
    package var headBytes = 64 * 1024 - 1
    package var fields = 200
    /// Frames without use (PING, SETTINGS, PRIORITY, empty DATA, WINDOW_UPDATE, unknown ones) that
    /// may come for each message, and how many more.
    package var idleFramesPerMessage = 16
    package var idleFrames = 1_000
    /// Streams that the peer may reset in a burst, and how many each second afterwards.
    package var resetBurst: UInt64 = 256
    package var resetsPerSecond: UInt64 = 64

    package init() {}
}
