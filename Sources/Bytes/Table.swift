/// Elements at the indices from 0, in memory of their own. They move only when the table grows.
///
/// As in a `Slab`, access does not change the table itself and costs no reference counting; the
/// same rule holds: never hold on to an element while something else may reach the same one.
@safe
@frozen
@usableFromInline
package struct Table<Element: ~Copyable>: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<Element>
    /// How many elements there are.
    @usableFromInline package private(set) var count: Int

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

    /// Adds elements, made from their indices, until there are `count`; never takes one away.
    package mutating func grow(to count: Int, _ make: (Int) -> Element) {
        guard count > self.count else { return }
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: count)
        unsafe larger.moveInitialize(from: base, count: self.count)
        for index in self.count..<count { unsafe (larger + index).initialize(to: make(index)) }
        unsafe base.deallocate()
        unsafe base = larger
        self.count = count
    }

    /// The element at `index`; traps outside of `0..<count`.
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
