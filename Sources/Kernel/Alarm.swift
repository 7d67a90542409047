internal import CLinux

/// A clock that wakes the one epoll that watches it (timerfd_create(2)).
///
/// A time limit on `epoll_wait` would be started and cancelled by the kernel at each wait; an alarm
/// costs a call only when it has to go off earlier than it was set to.
package struct Alarm: ~Copyable {
    let descriptor: Int32
    /// When it goes off next; nil when it is not set.
    private var time: Instant?

    /// Opens an alarm that is not set; fails when descriptors or memory are gone.
    package init() throws(Errno) {
        let result = sluice_timerfd()
        guard result >= 0 else { throw Errno(result: result) }
        descriptor = Int32(result)
    }

    /// Takes over an open descriptor that is not set.
    package init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { _ = sluice_close(descriptor) }

    /// Gives the open descriptor away; it is the caller's to close.
    package consuming func release() -> Int32 {
        let released = descriptor
        discard self
        return released
    }

    /// Makes it go off at `wanted`, unless it does so earlier already; whoever is woken too early
    /// sets it again.
    package mutating func set(noLaterThan wanted: Instant) {
        if let time, time <= wanted { return }
        time = wanted
        // A time of 0 would stop the clock.
        _ = sluice_timerfd_set(descriptor, max(1, wanted.nanoseconds))
    }

    /// It went off: from here on it is not set.
    package mutating func wentOff() { time = nil }
}
