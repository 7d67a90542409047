internal import Kernel

/// What belongs to a connection to a target that carries streams, apart so that connections stay
/// small. Whatever speaks of a carrier here names it by its connection's index.
struct CarrierState {
    /// Its neighbours among its target's carriers, -1 for none.
    var next: Int32 = -1
    var previous: Int32 = -1
    /// The streams that wait until it is open, or has room: first in, first out; -1 for none.
    var firstWaiting: Int32 = -1
    var lastWaiting: Int32 = -1
    var waitingCount = 0
    /// Streams that exchanges have over it, those that wait included.
    var attachedCount = 0
    /// Whether the target's first SETTINGS are here that let a stream be open: it takes requests.
    var isOpen = false
    /// Whether a request has begun over it.
    var hasCarried = false
    /// What the target said of the requests that it did not begin, when it went away.
    var farewell = StreamRefusal.refused
    /// Whether it is counted among those that nobody uses.
    var isIdle = false
    /// Whether the target was told that the connection ends.
    var isEnding = false
    /// When something came of it last; before all that has been when nothing has.
    var heardAt = Instant.distantPast
}
