internal import CLinux

/// What happened to a descriptor (epoll_ctl(2)).
package struct Readiness: Sendable {
    private let events: UInt32

    init(_ events: UInt32) { self.events = events }

    /// Nothing happened: work that was put off goes on.
    package static let resumed = Readiness(0)

    /// Whether this is `resumed`, and not an event.
    package var isResumed: Bool { events == 0 }

    /// A read will do something: bytes, an end or an error.
    package var isReadable: Bool {
        events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue)
            != 0
    }

    /// Nothing more will come from the peer.
    package var hasEnded: Bool {
        events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
    }

    /// A write that would have blocked will do something.
    package var isWritable: Bool { events & EPOLLOUT.rawValue != 0 }

    /// The connection was reset, or could not be made.
    package var hasFailed: Bool { events & EPOLLERR.rawValue != 0 }
}

/// An epoll instance with room for one batch of events (epoll(7)).
///
/// Connections are added once, edge-triggered for both directions, and never changed: their owner
/// remembers which direction is ready until a call would block.
@safe
package struct Epoll: ~Copyable {
    private let descriptor: Int32
    private let batch: UnsafeMutablePointer<epoll_event>
    private let batchSize: Int32

    /// Opens an instance that takes at most `batchSize` events at once; fails when descriptors
    /// or memory are gone.
    package init(batchSize: Int) throws(Errno) {
        let result = sluice_epoll_create()
        guard result >= 0 else { throw Errno(result: result) }
        descriptor = Int32(result)
        self.batchSize = Int32(batchSize)
        unsafe batch = .allocate(capacity: batchSize)
    }

    /// Takes over an open descriptor.
    package init(owning descriptor: Int32, batchSize: Int) {
        self.descriptor = descriptor
        self.batchSize = Int32(batchSize)
        unsafe batch = .allocate(capacity: batchSize)
    }

    deinit {
        unsafe batch.deallocate()
        _ = sluice_close(descriptor)
    }

    /// Gives the open descriptor away; it is the caller's to close.
    package consuming func release() -> Int32 {
        let released = descriptor
        unsafe batch.deallocate()
        discard self
        return released
    }

    /// Watches a connection: an event for each time it becomes readable or writable anew.
    package func addConnection(_ socket: borrowing Socket, token: UInt64) -> Errno? {
        let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | SLUICE_EPOLLET
        return error(sluice_epoll_add(descriptor, socket.descriptor, events, token))
    }

    /// Watches a listening socket: an event for as long as connections wait. Of the instances
    /// that watch a shared one, few are woken for each (EPOLLEXCLUSIVE).
    package func addListener(
        _ socket: borrowing ListeningSocket, token: UInt64, isShared: Bool = false
    ) -> Errno? {
        let events = EPOLLIN.rawValue | (isShared ? SLUICE_EPOLLEXCLUSIVE : 0)
        return error(sluice_epoll_add(descriptor, socket.descriptor, events, token))
    }

    /// Watches a listening socket no more.
    package func removeListener(_ socket: borrowing ListeningSocket) {
        _ = sluice_epoll_remove(descriptor, socket.descriptor)
    }

    /// Watches a counter: an event for each time it is raised.
    package func addCounter(_ counter: borrowing EventCounter, token: UInt64) -> Errno? {
        let events = EPOLLIN.rawValue | SLUICE_EPOLLET
        return error(sluice_epoll_add(descriptor, counter.descriptor, events, token))
    }

    /// Watches an alarm: an event for each time it goes off.
    package func addAlarm(_ alarm: borrowing Alarm, token: UInt64) -> Errno? {
        let events = EPOLLIN.rawValue | SLUICE_EPOLLET
        return error(sluice_epoll_add(descriptor, alarm.descriptor, events, token))
    }

    /// Waits for events, at most `milliseconds` (-1: without end), and returns how many came.
    package func wait(milliseconds: Int32) -> Int {
        let count = unsafe sluice_epoll_wait(descriptor, batch, batchSize, milliseconds)
        precondition(count >= 0, "epoll_wait refused its own descriptor")
        return Int(count)
    }

    /// One event of the last batch.
    package func event(at index: Int) -> (token: UInt64, readiness: Readiness) {
        precondition(index >= 0 && index < Int(batchSize), "no such event")
        let event = unsafe batch + index
        let events = unsafe event.pointee.events
        return (unsafe sluice_epoll_data(event), Readiness(events))
    }

    private func error(_ result: Int) -> Errno? {
        result < 0 ? Errno(result: result) : nil
    }
}

/// A descriptor that any thread can raise to wake the one that waits for it (eventfd(2)).
package struct EventCounter: ~Copyable, Sendable {
    let descriptor: Int32

    /// Opens a counter that nobody has raised; fails when descriptors or memory are gone.
    package init() throws(Errno) {
        let result = sluice_eventfd()
        guard result >= 0 else { throw Errno(result: result) }
        descriptor = Int32(result)
    }

    deinit { _ = sluice_close(descriptor) }

    /// Wakes who waits for the counter; more than once is like once.
    package func raise() { _ = sluice_eventfd_signal(descriptor) }

    /// Takes the counter back, so that the next `raise` is a new event.
    package func clear() { _ = sluice_eventfd_clear(descriptor) }
}
