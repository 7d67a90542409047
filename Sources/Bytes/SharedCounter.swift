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

    /// Adds 1 if the number is below `limit`, in one step: of any number of threads that try at
    /// once, exactly as many succeed as there is room for.
    @inlinable
    package func take(below limit: UInt64) -> Bool {
        var number = unsafe storage.pointee.load(ordering: .relaxed)
        while number < limit {
            let result = unsafe storage.pointee.weakCompareExchange(
                expected: number, desired: number + 1, ordering: .relaxed)
            if result.exchanged { return true }
            number = result.original
        }
        return false
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
