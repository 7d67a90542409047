public import Synchronization

/// A queue of bounded length from one thread to another, at an address that never changes and is
/// never freed: who puts reaches it without a lock and without reference counting. One thread puts
/// and one at a time takes. Made once per worker.
@safe
@frozen
@usableFromInline
package struct SharedRing<Element: Sendable>: @unchecked Sendable {
    @usableFromInline let elements: UnsafeMutablePointer<Element>
    @usableFromInline let mask: UInt64
    /// How many were put and taken in all, each changed by one side only.
    @usableFromInline let putCount: UnsafeMutablePointer<Atomic<UInt64>>
    @usableFromInline let takenCount: UnsafeMutablePointer<Atomic<UInt64>>
    /// How many found no room since the start.
    @usableFromInline package let lost: SharedCounter

    /// Allocates room for `count` elements, a power of two, for the life of the process. Memory
    /// that was never put into is not touched.
    package init(count: Int) {
        precondition(count > 0 && count & (count - 1) == 0, "a ring has a power of two of places")
        unsafe elements = .allocate(capacity: count)
        mask = UInt64(count - 1)
        lost = SharedCounter()
        unsafe putCount = .allocate(capacity: 1)
        unsafe putCount.initialize(to: Atomic(0))
        unsafe takenCount = .allocate(capacity: 1)
        unsafe takenCount.initialize(to: Atomic(0))
    }

    /// Puts an element behind the others; one that finds no room is lost and counted.
    @inlinable
    package func put(_ element: Element) {
        let place = unsafe putCount.pointee.load(ordering: .relaxed)
        let taken = unsafe takenCount.pointee.load(ordering: .acquiring)
        guard place &- taken <= mask else {
            _ = lost.add(1)
            return
        }
        unsafe (elements + Int(place & mask)).initialize(to: element)
        unsafe putCount.pointee.store(place &+ 1, ordering: .releasing)
    }

    /// Takes the first element; nil when there is none.
    @inlinable
    package func take() -> Element? {
        let place = unsafe takenCount.pointee.load(ordering: .relaxed)
        guard unsafe place != putCount.pointee.load(ordering: .acquiring) else { return nil }
        let element = unsafe (elements + Int(place & mask)).move()
        unsafe takenCount.pointee.store(place &+ 1, ordering: .releasing)
        return element
    }
}
