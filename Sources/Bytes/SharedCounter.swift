public import Synchronization

/// A number that all workers add to, at an address that never changes and is never freed, so that
/// a worker reaches it without reference counting. Made once per split or limit, not per request.
@safe
@frozen
@usableFromInline
package struct SharedCounter: @unchecked Sendable {
    @usableFromInline let storage: UnsafeMutablePointer<Atomic<UInt64>>

    /// One for places that no number is ever taken from.
    package static let unused = SharedCounter()

    /// Allocates a counter for the life of the process.
    package init() {
        unsafe storage = .allocate(capacity: 1)
        unsafe storage.initialize(to: Atomic(0))
    }

    /// Adds `amount` and returns the value from before.
    @inlinable
    package func add(_ amount: UInt64) -> UInt64 {
        unsafe storage.pointee.wrappingAdd(amount, ordering: .relaxed).oldValue
    }

    /// Takes `amount` away.
    @inlinable
    package func subtract(_ amount: UInt64) {
        unsafe storage.pointee.wrappingSubtract(amount, ordering: .relaxed)
    }

    /// The number now; others may change it at any time.
    @inlinable
    package var value: UInt64 { unsafe storage.pointee.load(ordering: .relaxed) }
}

/// Numbers that threads wait for. These calls have one order over all threads and counters: of two
/// threads that each change one counter and then look at the other's, at least one sees the change.
extension SharedCounter {
    /// Adds 1, unless the number is `limit` or more already, in one step: of any number of threads
    /// that try at once, exactly as many succeed as there is room for.
    @inlinable
    package func take(below limit: UInt64) -> Bool {
        var seen = unsafe storage.pointee.load(ordering: .sequentiallyConsistent)
        while seen < limit {
            let (isDone, now) = unsafe storage.pointee.weakCompareExchange(
                expected: seen, desired: seen + 1, ordering: .sequentiallyConsistent)
            if isDone { return true }
            seen = now
        }
        return false
    }

    /// Takes away 1 that `take` or `add` added.
    @inlinable
    package func giveBack() {
        unsafe storage.pointee.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }

    /// Sets the number and returns the one from before.
    @inlinable
    @discardableResult
    package func replace(with number: UInt64) -> UInt64 {
        unsafe storage.pointee.exchange(number, ordering: .sequentiallyConsistent)
    }

    /// The number in the order of these calls.
    @inlinable
    package var current: UInt64 {
        unsafe storage.pointee.load(ordering: .sequentiallyConsistent)
    }
}
