/// A fixed number of elements that never move, in memory of their own.
///
/// As in a `Slab`, access does not change the table itself and costs no reference counting; the
/// same rule holds: never hold on to an element while something else may reach the same one.
@safe
@frozen
@usableFromInline
package struct Table<Element: ~Copyable>: ~Copyable {
    @usableFromInline let base: UnsafeMutablePointer<Element>
    @usableFromInline package let count: Int

    /// Makes each element from its index.
    package init(count: Int, _ make: (Int) -> Element) {
        self.count = count
        unsafe base = .allocate(capacity: max(count, 1))
        for index in 0..<count { unsafe (base + index).initialize(to: make(index)) }
    }

    deinit {
        unsafe base.deinitialize(count: count)
        unsafe base.deallocate()
    }

    @inlinable
    package subscript(index: Int) -> Element {
        unsafeAddress { unsafe UnsafePointer(address(of: index)) }
        nonmutating unsafeMutableAddress { unsafe address(of: index) }
    }

    @inlinable
    func address(of index: Int) -> UnsafeMutablePointer<Element> {
        precondition(index >= 0 && index < count, "no element at this index")
        return unsafe base + index
    }
}
