internal import Bytes

/// What the access log keeps of an exchange under way, at the exchange's index.
struct LogRecord: ~Copyable {
    /// Whether the exchange began while the log was on, and has not ended.
    var isOpen = false
    /// The texts of its request, in a block of the worker's.
    var block: Buffer?
    var texts = LogTexts()
    /// How often a target was tried.
    var attempts = 0
    /// Bytes that went out, without the heads before them: below 0 while a head is on its way.
    var bytesToClient = 0
    var bytesToUpstream = 0
    /// -1 before the first byte of the answer.
    var firstByteNanoseconds: Int64 = -1
    /// What our own answer said; nil when an upstream answered.
    var ownKind: StaticString?
    /// What broke the current attempt; counts only if the client's connection was broken for it.
    var trouble: StaticString?
}
